"""Pages of a list, and results cut down to the fields that are asked for.

Everything on one page unless `limit` says less: a client of configuration wants all of it, at one moment, in one answer that
is kept packed. So the limit is a bound against mistakes, above what any installation has, and no size of pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django_filters import rest_framework as filters  # type: ignore[import-untyped]  # ships no types
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from streamconfig.api.errors import ParameterInvalidError
from streamconfig.api.public import parameter

MAX_LIMIT = 10_000
ROWS_LIMIT = 100  # of change requests and revisions, which nobody wants all of

PAGE_PARAMETERS = [
    parameter("limit", f"Results on a page, {MAX_LIMIT:,} unless it says less.", int),
    parameter("offset", "How many results to leave out before the first.", int),
]
PAGE_NAMES = frozenset({"limit", "offset"})


def page(request: Request, results: Any, count: int, limit: int = MAX_LIMIT) -> tuple[Any, str | None]:
    """The results of the page that is asked for, and the address of the next one; `results` are a sequence or rows."""
    size = _number(request, "limit", limit, least=1, most=MAX_LIMIT)
    offset = _number(request, "offset", 0, least=0, most=10**9)
    following = offset + size
    if following >= count:
        return results[offset:following], None
    query = request.query_params.copy()
    query["offset"], query["limit"] = str(following), str(size)
    for name in ("wait", "since"):
        query.pop(name, None)
    return results[offset:following], f"{request.path}?{query.urlencode()}"


def page_of_rows(
    request: Request, rows: Any, kind: type[filters.FilterSet], serializer: type[serializers.Serializer[Any]]
) -> dict[str, Any]:
    """The page of rows that fit the parameters; here a page has 100 unless the request says otherwise.

    Raises:
        rest_framework.exceptions.ValidationError: a parameter can't be understood.
    """
    chosen = kind(request.query_params, queryset=rows)
    if not chosen.form.is_valid():
        raise ValidationError(chosen.form.errors)
    count = chosen.qs.count()
    results, following = page(request, chosen.qs, count, ROWS_LIMIT)
    return {"count": count, "next": following, "results": serializer(results, many=True).data}


def _number(request: Request, name: str, unset: int, *, least: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return unset
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1  # noqa: PLR2004  # digits of any bound
    if not least <= number <= most:
        raise ParameterInvalidError(name=name, reason=f"write a whole number from {least} to {most}.")
    return number


def chosen_fields(request: Request, serializer: type[serializers.Serializer[Any]]) -> frozenset[str] | None:
    """The fields that are asked for; None for all of them."""
    names = frozenset(name.strip() for name in request.query_params.get("fields", "").split(",") if name.strip())
    known = serializer().fields.keys()
    for name in names - known:
        raise ParameterInvalidError(name="fields", reason=f"there is no {name[:50]}, but {', '.join(known)}.")
    return names or None


def cut(results: Iterable[Mapping[str, Any]], fields: frozenset[str] | None) -> list[Mapping[str, Any]]:
    """The results with the chosen fields alone."""
    if fields is None:
        return list(results)
    return [{name: value for name, value in one.items() if name in fields} for one in results]


def filter_parameters(kind: type[filters.FilterSet]) -> list[OpenApiParameter]:
    """A filter set's parameters, for OpenAPI."""
    return [_of_filter(name, one) for name, one in kind.base_filters.items()]


def _of_filter(name: str, one: filters.Filter) -> OpenApiParameter:
    if isinstance(one, filters.ChoiceFilter):
        return parameter(name, str(one.label), enum=[value for value, _ in one.extra["choices"]])
    kind = bool if isinstance(one, filters.BooleanFilter) else date if isinstance(one, filters.DateFilter) else str
    return parameter(name, str(one.label), kind)
