"""Reads of `/api/v1/revisions`: what was published, and the whole document of one."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django_filters import rest_framework as filters  # type: ignore[import-untyped]  # ships no types
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from streamconfig.api.history_json import RevisionAnswerSerializer, RevisionListSerializer, RevisionSerializer
from streamconfig.api.listing import PAGE_PARAMETERS, filter_parameters, page_of_rows
from streamconfig.api.private_view import READ_FAILURES, PrivateView, number_in_path
from streamconfig.change_control.errors import RevisionMissingError
from streamconfig.models import Revision

_NUMBER = number_in_path("number", "Of the revision.")


class RevisionFilter(filters.FilterSet):  # type: ignore[misc]  # ships no types
    """Of `/api/v1/revisions`."""

    author = filters.CharFilter(label="Asked for by this person or program.")
    since = filters.IsoDateTimeFilter(
        field_name="effective_at", lookup_expr="gte", label="In force since this moment or later."
    )

    class Meta:
        model = Revision
        fields: tuple[str, ...] = ()


class RevisionList(PrivateView):
    """Revisions, the newest first."""

    filterset_class = RevisionFilter

    @extend_schema(
        operation_id="revisions_list",
        parameters=[*filter_parameters(RevisionFilter), *PAGE_PARAMETERS],
        responses={200: RevisionListSerializer, **READ_FAILURES},
    )
    def get(self, request: Request) -> HttpResponseBase:
        rows = Revision.objects.defer("document_text", "changes")
        return Response(page_of_rows(request, rows, RevisionFilter, RevisionSerializer))


class RevisionDetail(PrivateView):
    """One revision and what it changed."""

    @extend_schema(
        operation_id="revisions_read", parameters=[_NUMBER], responses={200: RevisionAnswerSerializer, **READ_FAILURES}
    )
    def get(self, request: Request, number: int) -> HttpResponseBase:  # noqa: ARG002  # DRF's signature
        row = Revision.objects.filter(number=number).defer("document_text").first()
        if row is None:
            raise RevisionMissingError(number=number)
        return Response({**RevisionSerializer(row).data, "changes": row.changes})


class RevisionDocument(PrivateView):
    """The whole document of a revision, as imports take it. It never changes, so it may be kept for ever."""

    @extend_schema(operation_id="revisions_document", parameters=[_NUMBER], responses={200: dict, **READ_FAILURES})
    def get(self, request: Request, number: int) -> HttpResponseBase:
        found = Revision.objects.filter(number=number).values_list("hash", "document_text").first()
        if found is None:
            raise RevisionMissingError(number=number)
        etag = f'"{found[0][:32]}"'
        full = HttpResponse(found[1], content_type="application/json")
        response = get_conditional_response(request._request, etag=etag, response=full) or full  # noqa: SLF001  # Django's own
        response["ETag"], response["Cache-Control"] = etag, "private, max-age=31536000, immutable"
        return response
