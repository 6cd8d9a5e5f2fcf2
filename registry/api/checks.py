"""POST under /api/v1/schemas: judge an event, look at files before they are merged. Nothing is sent, nothing is written."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform import panels
from eventplatform.core import refusals
from eventplatform.core.names import split_schema_id
from eventplatform.guard.errors import ContentTypeError, JsonInvalidError
from eventplatform.guard.json_body import JsonLimits, parse_events
from eventplatform.guard.ways_in import open_json_body
from eventplatform.guard.wsgi import head_of, read_body
from eventplatform.json_api import SeesPages
from registry import lookups
from registry.api import answers, dry_run, validation
from registry.api.base import OpenView
from registry.api.dry_run import Report
from registry.api.errors import BusyError, FilesError, NoSuchRepositoryError, NoSuchSchemaError
from registry.api.schema_views import SchemaDetail
from registry.api.validation import Verdict
from registry.models import Repository
from registry.moments import moment

MAX_CHECK_BYTES = 8 * 1024 * 1024
MAX_CHECK_SECONDS = 20.0
_ONE_EVENT = JsonLimits(max_events=1)
_CHECKS = threading.BoundedSemaphore(1)  # of this process: one check keeps a processor busy


def body_of(request: Request, limit: int) -> bytes:
    """The request's body, JSON by its type, within the limit; chunked ones too.

    Raises:
        RejectedError: as the intake would refuse it.
    """
    head = head_of(request.META)
    return read_body(request.META, open_json_body(head, limit), head).finish()


class _Question(OpenView):
    """A POST whose GET is the title of that name, if there is one."""

    def get(self, request: Request, **_parts: str) -> HttpResponseBase:
        """The title that is spelt like this address."""
        name = request.path.rpartition("/")[2]
        return SchemaDetail.as_view()(request._request, title=name)  # noqa: SLF001  # Django's own request


_EVENT = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event"}, "test": "hello"}


@extend_schema_view(
    get=extend_schema(exclude=True),
    post=extend_schema(
        operation_id="schemas_validate",
        parameters=[
            OpenApiParameter("schema", str, description="Judge by this version's id, or this title's newest, not by $schema.")
        ],
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        examples=[OpenApiExample("An event", _EVENT, request_only=True)],
    ),
)
class ValidateEvent(_Question):
    """Whether the intake would take an event, and if not, where and why. Nothing is sent."""

    def post(self, request: Request, **_parts: str) -> Response:
        """The verdict; 200 also for an event that is not valid."""
        event = parse_events(body_of(request, settings.INTAKE_MAX_EVENT_BYTES), _ONE_EVENT)[0]
        if not isinstance(event, dict):
            raise refusals.NotAnObjectError(kind="something else")
        schemas = lookups.schemas()
        wanted = request.query_params.get("schema", "")
        schema = schemas.get(wanted) or schemas.latest(wanted.strip("/")) if wanted else None
        if wanted and schema is None:
            raise NoSuchSchemaError(schema=wanted[:200])
        if schema is None:
            schema_id = validation.named_schema(event)
            schema = schemas.get(schema_id)
            if schema is None:
                raise refusals.SchemaUnknownError(pointer="/$schema", schema=schema_id)
        found = schemas.deprecation(schema.schema_id)
        streams = list(panels.call("streamconfig.streams_of_title", schema.title, default=()))
        meta = event.get("meta")
        return Response(
            {
                **_verdict(validation.judge(event, schema)),
                "deprecation": answers.deprecation_as_json(found),
                "streams": streams,
                "is_stream_right": isinstance(meta, dict) and meta.get("stream") in streams,
            },
            headers={answers.REVISION_HEADER: str(schemas.revision)},
        )


def _verdict(verdict: Verdict) -> dict[str, Any]:
    schema_id = verdict.schema.schema_id
    title, version = split_schema_id(schema_id)
    return {
        "valid": verdict.is_valid,
        "schema": schema_id,
        "title": title,
        "version": version,
        "microseconds": round(verdict.microseconds, 1),
        "violations": [
            {"pointer": one.pointer, "code": "event.invalid", "keyword": one.keyword, "message": one.message}
            for one in verdict.violations
        ],
    }


@extend_schema_view(
    get=extend_schema(exclude=True),
    post=extend_schema(
        operation_id="schemas_check",
        request={
            "application/json": {
                "type": "object",
                "required": ["repository", "files"],
                "properties": {
                    "repository": {"type": "string", "description": "The name of the repository they are to be merged into."},
                    "files": {
                        "type": "object",
                        "description": "Texts by path from the repository's root, such as jsonschema/a/b/1.0.0.yaml.",
                        "additionalProperties": {"type": "string"},
                    },
                },
            }
        },
        responses=OpenApiTypes.OBJECT,
    ),
)
class CheckFiles(_Question):
    """What would become of a repository's files if they were merged: problems, guidelines, compatibility, by file and line."""

    authentication_classes = (BasicAuthentication, SessionAuthentication)
    permission_classes = (SeesPages,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Whoever reads a title's page needs no account."""
        if request.method == "POST":
            super().initial(request, *args, **kwargs)

    def post(self, request: Request, **_parts: str) -> Response:
        """The report; 200 also where the import would be refused."""
        if head_of(request.META).content_type.partition(";")[0].strip().lower() != "application/json":
            raise ContentTypeError
        name, files = _asked(body_of(request, MAX_CHECK_BYTES))
        if not _CHECKS.acquire(blocking=False):
            raise BusyError
        try:
            with moment():
                answer, revision = _checked(name, files), answers.state().revision
        finally:
            _CHECKS.release()
        return Response(answer, headers={answers.REVISION_HEADER: str(revision)})


def _checked(name: str, files: Mapping[str, str]) -> dict[str, Any]:
    repository = Repository.objects.filter(name=name).first()
    if repository is None:
        raise NoSuchRepositoryError(name=name[:64])
    prefix = f"{repository.schema_folder}/"
    ignored = [path for path in files if not path.startswith(prefix)]
    if len(ignored) == len(files):
        raise FilesError(pointer="/files", reason=f"no path begins with {prefix}")
    report = dry_run.check(repository, files, seconds=MAX_CHECK_SECONDS)
    return {**_report(repository, report), "ignored": ignored}


def _asked(body: bytes) -> tuple[str, dict[str, str]]:
    """The repository's name and the files of a request."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise JsonInvalidError(reason=str(error)) from None
    name = asked.get("repository") if isinstance(asked, dict) else None
    files = asked.get("files") if isinstance(asked, dict) else None
    if not isinstance(name, str) or "\0" in name:
        raise FilesError(pointer="/repository", reason="repository must be a repository's name")
    if not isinstance(files, dict) or not files or not all(isinstance(text, str) for text in files.values()):
        raise FilesError(pointer="/files", reason="files must be an object of texts by path, and not empty")
    return name, files


def _report(repository: Repository, report: Report) -> dict[str, Any]:
    findings = [
        {"kind": one.kind, "path": one.path, "line": one.line, "schema_id": one.schema_id, **asdict(one.finding)}
        for one in report.remarks
    ]
    return {
        "repository": repository.name,
        "is_ok": report.is_ok,
        "is_clean": report.is_clean,
        "enforcement": repository.enforcement,
        "would_publish": list(report.would_publish),
        "unchanged": report.unchanged,
        "problems": [asdict(problem) for problem in report.problems],
        "findings": findings,
        "comparisons": list(report.comparisons),
    }
