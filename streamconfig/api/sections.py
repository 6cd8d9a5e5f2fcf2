"""Reads of the sections that are ours alone (teams, services, sites, policies, overrides), and of what lint finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from streamconfig import lookups
from streamconfig.api.listing import PAGE_PARAMETERS, page
from streamconfig.api.private_view import READ_FAILURES, PrivateSnapshotView
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


def _list_view(section: str, item: type[serializers.Serializer[Any]]) -> type[PrivateSnapshotView]:
    class SectionList(PrivateSnapshotView):
        """The items of the section, in configuration order."""

        @extend_schema(
            operation_id=f"{section}_list",
            parameters=PAGE_PARAMETERS,
            responses={200: _list_serializer(section, item), **READ_FAILURES},
        )
        def get(self, request: Request) -> HttpResponseBase:
            snapshot = lookups.snapshot()
            found = [{"key": key, **held} for key, held in snapshot.document.section(section).items()]
            results, following = page(request, found, len(found))
            return Response({"revision": snapshot.revision, "count": len(found), "next": following, "results": results})

    return SectionList


def _item_view(section: str, item: type[serializers.Serializer[Any]]) -> type[PrivateSnapshotView]:
    class SectionItem(PrivateSnapshotView):
        """One item of the section."""

        @extend_schema(operation_id=f"{section}_read", parameters=[_KEY], responses={200: item, **READ_FAILURES})
        def get(self, request: Request, key: str) -> HttpResponseBase:  # noqa: ARG002  # DRF's signature
            held = lookups.snapshot().document.section(section).get(key)
            if held is None:
                raise ItemMissingError(name=key[:100], section=section)
            return Response({"key": key, **held})

    return SectionItem


def addresses() -> Iterator[URLPattern]:
    """The addresses of every section that is read here."""
    for section in READ:
        item = _serializer(section)
        yield path(f"api/v1/{section}", _list_view(section, item).as_view(), name=f"api-{section}")
        yield path(f"api/v1/{section}/<path:key>", _item_view(section, item).as_view(), name=f"api-{section}-item")


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


class FindingList(PrivateSnapshotView):
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
