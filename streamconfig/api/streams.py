"""`/api/v1/streams` and `/api/v1/instruments`: what holds now, held or will hold, answered from the snapshot."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from streamconfig.api.filters import InstrumentFilter, StreamFilter, narrow, narrow_instruments
from streamconfig.api.listing import PAGE_NAMES, PAGE_PARAMETERS, chosen_fields, cut, filter_parameters, page
from streamconfig.api.problems import ProblemSerializer
from streamconfig.api.public import UNCHANGED
from streamconfig.api.serializers import (
    InstrumentAnswerSerializer,
    InstrumentListSerializer,
    InstrumentSerializer,
    StreamAnswerSerializer,
    StreamListSerializer,
    StreamSerializer,
    as_json,
    instrument_as_json,
)
from streamconfig.api.snapshot_view import READ_PARAMETERS, SnapshotView
from streamconfig.change_control.errors import ItemMissingError
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.services import StreamMissingError

_FAILURES = {304: UNCHANGED, 400: ProblemSerializer, 503: ProblemSerializer}


class StreamList(SnapshotView):
    """All streams that fit, in configuration order."""

    filterset_class = StreamFilter
    parameter_names = frozenset(StreamFilter.base_filters) | PAGE_NAMES

    @extend_schema(
        operation_id="streams_list",
        parameters=[*filter_parameters(StreamFilter), *PAGE_PARAMETERS, *READ_PARAMETERS],
        responses={200: StreamListSerializer, **_FAILURES},
    )
    def get(self, request: Request, **names: str) -> HttpResponseBase:
        return super().get(request, **names)

    def answer(self, request: Request, found: StreamSet, **_names: str) -> Any:
        """The streams that fit the parameters."""
        fields = chosen_fields(request, StreamSerializer)
        fitting = narrow(found.entries, request.query_params.dict())
        results, following = page(request, fitting, len(fitting))
        return {
            "count": len(fitting),
            "next": following,
            "results": cut((as_json(one, one.entry.name) for one in results), fields),
        }


class StreamDetail(SnapshotView):
    """One stream, also one that a pattern stands for."""

    @extend_schema(
        operation_id="streams_read",
        parameters=READ_PARAMETERS,
        responses={200: StreamAnswerSerializer, 404: ProblemSerializer, **_FAILURES},
    )
    def get(self, request: Request, **names: str) -> HttpResponseBase:
        return super().get(request, **names)

    def answer(self, request: Request, found: StreamSet, **names: str) -> Any:
        """The stream."""
        name, fields = names["name"], chosen_fields(request, StreamSerializer)
        one = found.configured(name)
        if one is None:
            raise StreamMissingError(name=name[:249])
        return cut([as_json(one, name)], fields)[0]


class InstrumentList(SnapshotView):
    """All instruments that fit, in configuration order."""

    filterset_class = InstrumentFilter
    parameter_names = frozenset(InstrumentFilter.base_filters) | PAGE_NAMES

    @extend_schema(
        operation_id="instruments_list",
        parameters=[*filter_parameters(InstrumentFilter), *PAGE_PARAMETERS, *READ_PARAMETERS],
        responses={200: InstrumentListSerializer, **_FAILURES},
    )
    def get(self, request: Request, **names: str) -> HttpResponseBase:
        return super().get(request, **names)

    def answer(self, request: Request, found: StreamSet, **_names: str) -> Any:
        """The instruments that fit the parameters."""
        fields = chosen_fields(request, InstrumentSerializer)
        sites = found.document.section("sites")
        fitting = narrow_instruments(found.instruments.values(), request.query_params.dict(), sites)
        results, following = page(request, fitting, len(fitting))
        return {"count": len(fitting), "next": following, "results": cut(map(instrument_as_json, results), fields)}


class InstrumentDetail(SnapshotView):
    """One instrument."""

    @extend_schema(
        operation_id="instruments_read",
        parameters=READ_PARAMETERS,
        responses={200: InstrumentAnswerSerializer, 404: ProblemSerializer, **_FAILURES},
    )
    def get(self, request: Request, **names: str) -> HttpResponseBase:
        return super().get(request, **names)

    def answer(self, request: Request, found: StreamSet, **names: str) -> Any:
        """The instrument."""
        fields, one = chosen_fields(request, InstrumentSerializer), found.instruments.get(names["key"])
        if one is None:
            raise ItemMissingError(name=names["key"][:100], section="instruments")
        return cut([instrument_as_json(one)], fields)[0]
