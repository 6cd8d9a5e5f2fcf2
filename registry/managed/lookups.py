"""Reads what a draft is measured by, and who may do what with it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone

from eventplatform.core.names import split_schema_id
from registry import lifecycle
from registry.managed import checks as draft_checks
from registry.managed import drafts
from registry.managed.checks import Examination, Situation
from registry.models import Draft, Repository, SchemaTitle, SchemaVersion
from registry.schema.formats import mode_of
from registry.schema.packing import unpack

Reader = AbstractBaseUser | AnonymousUser


def person(draft: Draft | None, user: Reader) -> drafts.Person:
    """The user, as the rules of drafts see them; `draft` None asks about starting one."""
    may = cast("Any", user).has_perm
    return drafts.Person(
        is_known=user.is_authenticated,
        may_draft=may("registry.change_draft"),
        may_approve=may("registry.approve_draft"),
        has_written=draft is not None and user.pk is not None and has_written(draft, user.pk),
    )


def has_written(draft: Draft, user_pk: int) -> bool:
    """Whether somebody began the draft or changed its text."""
    return draft.author_id == user_pk or draft.editors.filter(pk=user_pk).exists()


def verbs(draft: Draft, user: Reader) -> Mapping[str, drafts.Verb]:
    """What the user can do to the draft now, and why not."""
    return drafts.verbs(draft.state, person(draft, user))


def examined(draft: Draft, text: str | None = None) -> Examination:
    """The draft's text, or another one in its place, looked at as it would be published now."""
    return draft_checks.examine(draft.text if text is None else text, situation(draft.repository, draft.title, draft.base))


def situation(repository: Repository, title: str, base: str, *, today: date | None = None) -> Situation:
    """What a text for the title is measured by."""
    row = SchemaTitle.objects.filter(name=title).first()
    return Situation(
        title=title,
        base=base,
        versions=versions_of(title),
        document_of=functools.cache(lambda version: _document(f"/{title}/{version}") or {}),
        load=_document,
        level=(row.compatibility if row else "") or repository.compatibility,
        profile=cast("Any", repository.profile),
        waivers=lifecycle.waivers_of(title),
        owner_of=functools.partial(other_owner, repository),
        today=today or timezone.localdate(),
        format_mode=mode_of(settings.FORMAT_MODE),
    )


def versions_of(title: str) -> tuple[str, ...]:
    """The title's published versions, oldest first."""
    rows = SchemaVersion.objects.filter(title__name=title).order_by("major", "minor", "patch")
    return tuple(split_schema_id(schema_id)[1] for schema_id in rows.values_list("schema_id", flat=True))


def other_owner(repository: Repository, title: str) -> str:
    """The repository other than this one to which a title leads, by ids or by what a document calls itself; mostly empty."""
    by_id = SchemaTitle.objects.filter(name=title).exclude(repository=repository)
    by_document = SchemaVersion.objects.filter(document_title=title).exclude(title__repository=repository)
    return (
        by_id.values_list("repository__name", flat=True).first()
        or by_document.values_list("title__repository__name", flat=True).first()
        or ""
    )


def current_text(title: str, version: str) -> str:
    """What people wrote for a version: `current.yaml` where that is the newest, else the published file; empty if unknown."""
    row = SchemaVersion.objects.filter(schema_id=f"/{title}/{version}").select_related("title").first()
    if row is None:
        return ""
    is_newest = row.pk == row.title.latest_id
    return row.title.current_text if is_newest and row.title.current_text else row.raw_text


def common_fragments(repository: Repository) -> list[str]:
    """The ids of the newest fragments that all events may carry, this repository's own before others'."""
    found = SchemaTitle.objects.filter(name__regex=r"^fragment/(.*/)?common$", latest__isnull=False)
    ids = found.order_by("repository__order", "name").values_list("repository_id", "latest__schema_id")
    return [schema_id for _, schema_id in sorted(ids, key=lambda pair: pair[0] != repository.pk)]


def _document(schema_id: str) -> dict[str, Any] | None:
    packed = SchemaVersion.objects.filter(schema_id=schema_id).values_list("document_packed", flat=True).first()
    found: dict[str, Any] | None = json.loads(unpack(packed)) if packed else None
    return found
