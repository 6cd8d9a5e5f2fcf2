"""The registry in the shape of Confluent's, for its stock clients: everything to read, nothing to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from eventplatform.core.errors import RejectedError
from eventplatform.guard.body import BodyReader
from eventplatform.guard.request_head import announced_length
from eventplatform.guard.wsgi import head_of, read_body
from registry.api import answers
from registry.confluent import reads as confluent_reads
from registry.confluent import shapes as confluent
from registry.confluent.shapes import ConfluentError, is_true
from registry.models import Repository, SchemaReference, SchemaVersion
from registry.moments import moment

_MAX_BODY_BYTES = 2 * 1024 * 1024
_MAX_SCHEMAS = 1000  # of one answer
_READING = ("GET", "HEAD")
_MODE = {"mode": "READONLY"}

Handler = Callable[..., Any]


def resource(*, get: Handler | None = None, post: Handler | None = None, is_written: bool = False) -> Handler:
    """The view of an address: what it answers by method; `is_written` says that clients know it as one to write to."""
    known: Mapping[str, Handler | None] = {"GET": get, "HEAD": get, "POST": post}
    allowed = [method for method, handler in known.items() if handler]

    @csrf_exempt  # nothing is written, whoever asks
    def view(request: HttpRequest, **parts: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            return answers.preflight([*allowed, "OPTIONS"])
        handler = known.get(request.method or "")
        try:
            if handler is None:
                is_writing = is_written and request.method not in _READING
                raise confluent.read_only() if is_writing else confluent.plain(HTTPStatus.METHOD_NOT_ALLOWED)
            with moment():
                response = _json(handler(request, **parts))
                response[answers.REVISION_HEADER] = str(answers.state().revision)
        except ConfluentError as error:
            response = _json(error.as_json(), error.status)
            if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
                response["Allow"] = ", ".join([*allowed, "OPTIONS"])
        return answers.shared(response)

    return view


def _json(content: Any, status: int = HTTPStatus.OK) -> HttpResponse:
    """An answer; text is JSON already."""
    body = content if isinstance(content, str) else orjson.dumps(content)
    response = HttpResponse(body, status=status, content_type=confluent.CONTENT_TYPE)
    response["Cache-Control"] = "no-cache"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  # Django's own mark: clients ask for what may not be there
    return response


def _body(request: HttpRequest) -> Any:
    """The JSON that was posted, whatever its type is called."""
    head = head_of(request.META)
    try:
        reader = BodyReader(_MAX_BODY_BYTES, announced=announced_length(head))
        return orjson.loads(read_body(request.META, reader, head).finish())
    except RejectedError as error:
        raise ConfluentError(error.http_status, error.http_status, str(error)) from None
    except orjson.JSONDecodeError as error:
        raise ConfluentError(HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_REQUEST, f"This is no JSON: {error}") from None


# Subjects


def subjects(request: HttpRequest) -> Any:
    """All titles, as `subjectPrefix`, `offset` and `limit` narrow them; nothing here is ever deleted."""
    prefix = confluent.prefix_of(request.GET.get("subjectPrefix", ""))
    if prefix is None or _wants_deleted_only(request):
        return []
    return confluent_reads.subjects(prefix)[_part(request)]


def versions(request: HttpRequest, subject: str) -> Any:
    """The numbers of a subject's versions."""
    rows = confluent_reads.subject(subject).rows
    if _wants_deleted_only(request):
        return []
    numbers = rows.values_list("number", flat=True)
    return list(numbers)[_part(request)]


def version(_request: HttpRequest, subject: str, version: str) -> Any:
    """One version of a subject."""
    asked = confluent_reads.subject(subject)
    return confluent_reads.registered(confluent_reads.version(asked, version), asked.name).as_json()


def version_schema(_request: HttpRequest, subject: str, version: str) -> str:
    """Its schema alone."""
    row = confluent_reads.version(confluent_reads.subject(subject), version)
    return confluent.schema_text(row.document)


def referenced_by(_request: HttpRequest, subject: str, version: str) -> Any:
    """The ids of the schemas that are made of a version."""
    row = confluent_reads.version(confluent_reads.subject(subject), version)
    users = SchemaReference.objects.filter(target_id=row.schema_id).order_by("version_id")
    return list(users.values_list("version_id", flat=True))


def with_metadata(request: HttpRequest, subject: str) -> Any:
    """The newest version that bears the metadata which `key` and `value` name: none does, so only who names none finds one."""
    asked = confluent_reads.subject(subject)
    if request.GET.getlist("key"):
        raise confluent.schema_unknown()
    return confluent_reads.registered(confluent_reads.version(asked, confluent.LATEST), asked.name).as_json()


def look_up(request: HttpRequest, subject: str) -> Any:
    """The version that a posted schema is."""
    asked = confluent_reads.subject(subject)
    row = confluent_reads.equal(asked, confluent_reads.posted(_body(request), asked.title.name))
    if row is None:
        raise confluent.schema_unknown()
    return confluent_reads.registered(row, asked.name).as_json()


def register(request: HttpRequest, subject: str) -> Any:
    """What is published already is found, as by a registry in this mode; nothing new is taken."""
    try:
        return look_up(request, subject)
    except ConfluentError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            raise confluent.read_only() from None
        raise


# Schemas by id


def schemas(request: HttpRequest) -> Any:
    """All versions of all titles, at most a thousand at once."""
    prefix = confluent.prefix_of(request.GET.get("subjectPrefix", ""))
    if prefix is None or "\0" in prefix or _wants_deleted_only(request):
        return []
    rows = SchemaVersion.objects.select_related("title").filter(title__name__startswith=prefix)
    rows = rows.order_by("title__name", "number").defer("raw_text", "field_paths")
    if is_true(request.GET.get("latestOnly")):
        rows = rows.filter(pk__in=SchemaVersion.objects.filter(title__latest_id__isnull=False).values("title__latest_id"))
    return [confluent_reads.registered(row, row.title.name).as_json() for row in rows[_part(request, _MAX_SCHEMAS)]]


def types(_request: HttpRequest) -> Any:
    """What kinds of schemas there are."""
    return [confluent.TYPE]


def by_id(request: HttpRequest, schema_id: int) -> Any:
    """The schema of an id."""
    row = confluent_reads.by_id(schema_id)
    found = confluent_reads.registered(row, row.title.name).as_json()
    if is_true(request.GET.get("fetchMaxId")):
        found["maxId"] = SchemaVersion.objects.order_by("-pk").values_list("pk", flat=True).first()
    return found


def by_guid(_request: HttpRequest, guid: str) -> Any:
    """The schema of a content's name, for serialisers that send it in a header."""
    row = confluent_reads.by_guid(guid)
    return confluent_reads.registered(row, row.title.name).as_json()


def schema_of_id(_request: HttpRequest, schema_id: int) -> str:
    """The schema alone."""
    return confluent.schema_text(confluent_reads.by_id(schema_id).document)


def subjects_of_id(request: HttpRequest, schema_id: int) -> Any:
    """Where an id is found: in its one title."""
    return [one["subject"] for one in versions_of_id(request, schema_id)]


def versions_of_id(request: HttpRequest, schema_id: int) -> Any:
    """The same with the version's number."""
    row = confluent_reads.by_id(schema_id)
    wanted = request.GET.get("subject", "")
    found = [{"subject": row.title.name, "version": row.number}]
    chosen = found if not wanted or confluent.subject_of(wanted) == row.title.name else []
    return chosen[_part(request)]


# Rules


def config(_request: HttpRequest) -> Any:
    """The level of a repository of which nothing else is said."""
    return {"compatibilityLevel": str(Repository().compatibility)}


def config_of(_request: HttpRequest, subject: str) -> Any:
    """The level of a title: its own, or its repository's."""
    return {"compatibilityLevel": confluent_reads.subject(subject).level}


def mode(_request: HttpRequest) -> Any:
    """Always read-only."""
    return _MODE


def mode_of(_request: HttpRequest, subject: str) -> Any:
    """Likewise."""
    confluent_reads.subject(subject)
    return _MODE


def compatible(request: HttpRequest, subject: str, version: str = "") -> Any:
    """Whether a posted schema may follow one version, or all that the subject's level looks at."""
    try:
        asked = confluent_reads.subject(subject)
    except ConfluentError:
        if version and confluent.version_of(version) is not None:
            raise confluent.version_unknown(version) from None
        confluent_reads.posted(_body(request), "new")
        return {"is_compatible": True}  # as Confluent says: there is nothing to break yet
    schema = confluent_reads.posted(_body(request), asked.title.name)
    against = confluent_reads.version(asked, version) if version else None
    messages = confluent_reads.incompatible(asked, schema, against)
    return {"is_compatible": not messages, **({"messages": messages} if is_true(request.GET.get("verbose")) else {})}


# The registry itself


def root(_request: HttpRequest) -> Any:
    """What a client pings."""
    return {}


def contexts(_request: HttpRequest) -> Any:
    """The default context alone."""
    return [confluent.DEFAULT_CONTEXT]


def metadata_id(_request: HttpRequest) -> Any:
    """Tells one registry from another."""
    name = str(answers.state().incarnation)
    return {"id": name, "scope": {"path": [], "clusters": {"schema-registry-cluster": name}}}


def nothing(_request: HttpRequest, **_parts: str) -> Any:
    """No address of this registry."""
    raise confluent.plain(HTTPStatus.NOT_FOUND)


def _wants_deleted_only(request: HttpRequest) -> bool:
    return is_true(request.GET.get("deletedOnly")) or is_true(request.GET.get("deleted_only"))


def _part(request: HttpRequest, most: int | None = None) -> slice:
    return confluent.part(request.GET.get("offset"), request.GET.get("limit"), most)
