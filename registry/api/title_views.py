"""What `/api/v1/schemas/<title>` can tell more: a diff of two versions, who uses it, how it keeps the guidelines.

A title that itself ends with one of these words is answered as a title; its neighbour's diff is then had with a version in
the address: `/api/v1/schemas/a/1.0.0/diff`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, ClassVar, Literal, cast

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform import panels
from registry import compatibility, guidelines, lifecycle
from registry.api.base import ReadView, title_named, version_named
from registry.api.errors import QueryInvalidError
from registry.api.schema_json import Addresses
from registry.api.schema_views import title_answer
from registry.guidelines.contract import Profile
from registry.models import Repository, SchemaReference, SchemaTitle, SchemaVersion
from registry.schema import documents
from registry.schema.packing import unpack

_QUERY: Literal["query"] = "query"
_PROFILES = Repository.Profile.values


class _AboutTitle(ReadView):
    """Answers `…/<title>/<word>` and `…/<title>/<version>/<word>`."""

    word: ClassVar[str]

    def answer(self, request: Request, **parts: str) -> HttpResponseBase:
        """What is asked about the title, or a title that is spelt like the question."""
        name = parts["title"]
        given = parts.get("version", "")
        titles = (name,) if given else (f"{name}/{self.word}", name)
        title = title_named(*titles)
        if title.name != name:
            return title_answer(request, title)
        return self.about(request, title, given)

    def about(self, request: Request, title: SchemaTitle, version: str) -> Response:
        """The answer; `version` is empty where the address names none."""
        raise NotImplementedError


def _parameter(name: str, description: str, choices: Sequence[str] = ()) -> OpenApiParameter:
    return OpenApiParameter(name, str, _QUERY, description=description, enum=list(choices) or None)


@extend_schema_view(
    get=extend_schema(
        operation_id="schemas_diff",
        parameters=[
            _parameter("from", "The version that it is compared with; the one before `to` where absent."),
            _parameter("to", "The version; the newest where absent."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
)
class SchemaDiff(_AboutTitle):
    """What changed between two versions, whom it breaks and why, and which version number it asks for."""

    word = "diff"

    def about(self, request: Request, title: SchemaTitle, version: str) -> Response:
        """All changes, the most severe first, with both verdicts and a second opinion."""
        to = version_named(title.name, request.query_params.get("to", "") or version)
        named = request.query_params.get("from", "") or _before(title, to)
        if not named:
            raise QueryInvalidError(name="from", reason=f"{to.version} is the first version; there is none before it.")
        old = version_named(title.name, named)
        comparison = _compared(bytes(old.document_packed), bytes(to.document_packed))
        return Response({"title": title.name, "from": old.version, "to": to.version, **comparison.as_json()})


def _before(title: SchemaTitle, version: SchemaVersion) -> str:
    """The version before another one of its title; empty where there is none."""
    rows = sorted(title.versions.all(), key=lambda row: (row.major, row.minor, row.patch))
    index = next(index for index, row in enumerate(rows) if row.pk == version.pk)
    return rows[index - 1].version if index else ""


@lru_cache(maxsize=128)
def _compared(old: bytes, new: bytes) -> compatibility.Comparison:
    """Two packed documents compared; kept for a while, as they never change."""
    return compatibility.compare(documents.load(unpack(old), is_json=True), documents.load(unpack(new), is_json=True))


@extend_schema_view(get=extend_schema(operation_id="schemas_usage", responses=OpenApiTypes.OBJECT))
class SchemaUsage(_AboutTitle):
    """Which streams, connectors and jobs live by the title, which schemas are made of it, of which it is made."""

    word = "usage"
    follows_revision = False  # streams come and go without the registry

    def about(self, request: Request, title: SchemaTitle, version: str) -> Response:
        """Everything that would notice if it changed."""
        addresses = Addresses.seen_by(request._request)  # noqa: SLF001  # Django's own request
        own = [row for row in title.versions.all() if version in {"", row.version}]
        if not own:
            version_named(title.name, version)  # says that there is no such version
        targets = SchemaReference.objects.filter(version__in=own).order_by("target_id")
        users = SchemaReference.objects.filter(target_id__in=[row.schema_id for row in own]).order_by("version__schema_id")
        return Response(
            {
                "title": title.name,
                "streams": list(panels.call("streamconfig.streams_of_title", title.name, default=())),
                "used_by": [_use(use) for use in panels.uses(title.name)],
                "referenced_by": [
                    {"schema_id": user, "refers_to": target, "self": f"{addresses.api}{user}"}
                    for user, target in users.values_list("version__schema_id", "target_id")
                ],
                "refers_to": list(dict.fromkeys(targets.values_list("target_id", flat=True))),
            }
        )


def _use(use: panels.Use) -> dict[str, Any]:
    return {name: value for name, value in asdict(use).items() if name != "per_minute"}


@extend_schema_view(
    get=extend_schema(
        operation_id="schemas_findings",
        parameters=[
            _parameter("version", "The newest where absent."),
            _parameter("profile", "The repository's own where absent.", _PROFILES),
        ],
        responses=OpenApiTypes.OBJECT,
    )
)
class SchemaFindings(_AboutTitle):
    """Which guidelines a version breaks, where, and what is waived until when."""

    word = "findings"
    follows_revision = False  # waivers end by the day

    def about(self, request: Request, title: SchemaTitle, version: str) -> Response:
        """All findings, those that are waived too."""
        profile = request.query_params.get("profile", "") or title.repository.profile
        if profile not in _PROFILES:
            raise QueryInvalidError(name="profile", reason=f"it must be one of {', '.join(_PROFILES)}.")
        row = version_named(title.name, version or request.query_params.get("version", ""))
        found = guidelines.lint(
            row.document,
            raw=documents.load(row.raw_text, is_json=row.path.endswith(".json")),
            profile=cast("Profile", profile),
            waivers=lifecycle.waivers_of(title.name),
            today=timezone.localdate(),
        )
        return Response(
            {
                "schema_id": row.schema_id,
                "profile": profile,
                "is_clean": not any(finding.counts for finding in found),
                "findings": [asdict(finding) for finding in found],
            }
        )
