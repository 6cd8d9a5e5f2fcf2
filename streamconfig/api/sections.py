"""Reads of the sections that are ours alone (teams, services, sites, policies, overrides), and of what lint finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from streamconfig import lookups
from streamconfig.api.listing import PAGE_PARAMETERS, page
from streamconfig.api.private_view import READ_FAILURES, PrivateView
from streamconfig.api.public import parameter
from streamconfig.change_control.errors import ItemMissingError
from streamconfig.configuration.sections import SHAPES
from streamconfig.lint.finding import LEVELS

_KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="Of the item.")
READ = ("teams", "services", "sites", "policies", "overrides")


def _serializer(section: str) -> type[serializers.Serializer[Any]]:
    """What an item may hold, from the table that judges it."""
    held: dict[str, Any] = {path[0]: serializers.JSONField(required=False) for path in SHAPES[section]}
    fields = {"key": serializers.CharField(), **held}
    return type(f"{section.capitalize()}ItemSerializer", (serializers.Serializer,), fields)


def _list_serializer(section: str, item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    fields = {
        "revision": serializers.IntegerField(),
        "count": serializers.IntegerField(),
        "next": serializers.CharField(allow_null=True),
        "results": item(many=True),
    }
    return type(f"{section.capitalize()}ListSerializer", (serializers.Serializer,), fields)


class _SectionList(PrivateView):
    section: ClassVar[str]

    def get(self, request: Request) -> HttpResponseBase:
        snapshot = lookups.snapshot()
        found = [{"key": key, **item} for key, item in snapshot.document.section(self.section).items()]
        results, following = page(request, found, len(found))
        return Response({"revision": snapshot.revision, "count": len(found), "next": following, "results": results})


class _SectionItem(PrivateView):
    section: ClassVar[str]

    def get(self, request: Request, key: str) -> HttpResponseBase:  # noqa: ARG002  # DRF's signature
        item = lookups.snapshot().document.section(self.section).get(key)
        if item is None:
            raise ItemMissingError(name=key[:100], section=self.section)
        return Response({"key": key, **item})


def addresses() -> Iterator[URLPattern]:
    """The addresses of every section that is read here."""
    for section in READ:
        item = _serializer(section)
        of_list = extend_schema(
            operation_id=f"{section}_list",
            parameters=PAGE_PARAMETERS,
            responses={200: _list_serializer(section, item), **READ_FAILURES},
        )
        of_item = extend_schema(operation_id=f"{section}_read", parameters=[_KEY], responses={200: item, **READ_FAILURES})
        every = type(f"{section.capitalize()}List", (_SectionList,), {"section": section, "get": of_list(_copy(_SectionList))})
        one = type(f"{section.capitalize()}Item", (_SectionItem,), {"section": section, "get": of_item(_copy(_SectionItem))})
        yield path(f"api/v1/{section}", every.as_view(), name=f"api-{section}")
        yield path(f"api/v1/{section}/<path:key>", one.as_view(), name=f"api-{section}-item")


def _copy(view: type[PrivateView]) -> Any:
    """A `get` of its own, so that each section's description stays its own."""

    def get(self: PrivateView, request: Request, **names: str) -> HttpResponseBase:
        answer: HttpResponseBase = view.get(self, request, **names)  # type: ignore[attr-defined]  # both have one
        return answer

    get.__doc__ = view.__doc__
    return get


class FindingSerializer(serializers.Serializer[Any]):
    """A place in the configuration that somebody should look at."""

    code = serializers.CharField()
    level = serializers.ChoiceField(choices=LEVELS)
    section = serializers.CharField()
    name = serializers.CharField()
    pointer = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()


class FindingListSerializer(serializers.Serializer[Any]):
    """What lint finds, errors first."""

    revision = serializers.IntegerField()
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = FindingSerializer(many=True)


_NARROWED_BY = ("level", "code", "section", "name")


class FindingList(PrivateView):
    """What lint finds in the configuration as it holds now."""

    @extend_schema(
        operation_id="findings_list",
        parameters=[
            parameter("level", "Of this level.", enum=LEVELS),
            parameter("code", "Of this kind."),
            parameter("section", "In this section."),
            parameter("name", "Of this stream, or this item."),
            *PAGE_PARAMETERS,
        ],
        responses={200: FindingListSerializer, **READ_FAILURES},
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = {name: request.query_params[name] for name in _NARROWED_BY if request.query_params.get(name)}
        found = [one for one in lookups.findings() if all(getattr(one, name) == value for name, value in asked.items())]
        results, following = page(request, found, len(found))
        shown = [one.as_json() for one in results]
        return Response({"revision": lookups.snapshot().revision, "count": len(found), "next": following, "results": shown})
