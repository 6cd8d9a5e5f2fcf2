"""The only writer of managed repositories: drafts from their first line to the commit that publishes them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from eventplatform.core.names import is_schema_id
from registry import revisions, services
from registry.managed import checks as draft_checks
from registry.managed import commits, drafts
from registry.managed import lookups as draft_lookups
from registry.managed import texts as draft_texts
from registry.managed.checks import Examination
from registry.managed.errors import (
    BaseMovedError,
    DraftChangedError,
    DraftForbiddenError,
    DraftNotReadyError,
    DraftTitleError,
    DraftTitleTakenError,
    DraftTitleWordsError,
    NotManagedError,
    PublicationRefusedError,
    ReasonMissingError,
)
from registry.models import Commit, Draft, DraftStep, Repository, SchemaTitle, SchemaVersion

log = logging.getLogger(__name__)

# Names that files and links of a title above would have.
_RESERVED = re.compile(r"(latest|current|\d+\.\d+\.\d+)(\.\w+)?|CHANGELOG\.md")
_FRAGMENTS_TRIED = 5
_TITLE_RULE = "NAME-TITLE"
_State = Draft.State
_Kind = DraftStep.Kind


def ensure_repository(*, name: str, order: int = 0) -> Repository:
    """The managed repository of that name, made where there is none."""
    wanted = {"kind": Repository.Kind.MANAGED, "role": Repository.Role.SECONDARY, "order": order}
    rules = {"profile": Repository.Profile.STRICT, "enforcement": Repository.Enforcement.REFUSE}
    return Repository.objects.get_or_create(name=name, defaults={**wanted, **rules})[0]


def has_drafts(repository: Repository) -> bool:
    """Whether anybody has drafted there yet."""
    return Draft.objects.filter(repository=repository).exists()


@transaction.atomic
def start(*, repository: Repository, title: str, user: User, source: str = "", text: str = "") -> Draft:
    """Begin a draft: of a new title from a text that keeps the guidelines, or of the next version of a known one.

    `source` is the published version to start from; the newest one where nothing is said. `text` replaces what the
    draft would begin with.
    """
    why_not = drafts.why_no_start(draft_lookups.person(None, user))
    if why_not:
        raise DraftForbiddenError(label="Draft a schema", why_not=why_not)
    _check_title(repository, title)
    versions = draft_lookups.versions_of(title)
    latest = versions[-1] if versions else ""
    version = drafts.version_after(latest, "minor")
    known = draft_lookups.current_text(title, source if source in versions else latest)
    begun = draft_texts.with_id(known, f"/{title}/{version}") if known else _first_text(repository, title, version)
    draft = Draft.objects.create(repository=repository, title=title, text=text or begun, base=latest, author=user)
    _note(draft, _Kind.STARTED, user)
    return draft


@transaction.atomic
def edit(*, draft_id: int, text: str, reason: str, seen: int, user: User) -> Draft:
    """Keep a new text. A draft in review goes back to its writers: nobody has seen what it says now."""
    draft = _opened(draft_id, "edit", user, seen)
    if len(text) > draft_checks.MAX_CHARACTERS:
        raise draft_checks.DraftTooLongError(length=len(text), most=draft_checks.MAX_CHARACTERS)
    text = text.replace("\r\n", "\n")
    if (text, reason) == (draft.text, draft.reason):
        return draft
    draft.text, draft.reason, draft.state = text, reason[:500], _State.DRAFT
    return _edited(draft, user)


@transaction.atomic
def take_base(*, draft_id: int, base: str, seen: int, user: User) -> Draft:
    """Say that the text holds what the version `base`, published since the draft began, has changed."""
    draft = _opened(draft_id, "edit", user, seen)
    if base not in draft_lookups.versions_of(draft.title):
        raise BaseMovedError(latest=base, title=draft.title, base=draft.base or "nothing")
    draft.base, draft.state = base, _State.DRAFT
    return _edited(draft, user, f"Holds what {base} changed")


@transaction.atomic
def submit(*, draft_id: int, seen: int, user: User) -> Draft:
    """Ask for a review; the text must have no error that nothing waives, and a reason."""
    draft = _opened(draft_id, "submit", user, seen)
    if not draft.reason.strip():
        raise ReasonMissingError(label="Submitting")
    _require_ready(draft)
    draft.state = _State.IN_REVIEW
    draft.save(update_fields=["state", "updated_at"])
    _note(draft, _Kind.SUBMITTED, user, draft.reason)
    return draft


@transaction.atomic
def send_back(*, draft_id: int, seen: int, comment: str, user: User) -> Draft:
    """Don't approve what was seen, and say why."""
    draft = _opened(draft_id, "return", user, seen)
    if not comment.strip():
        raise ReasonMissingError(label="Sending back")
    draft.state = _State.DRAFT
    draft.save(update_fields=["state", "updated_at"])
    _note(draft, _Kind.RETURNED, user, comment)
    return draft


@transaction.atomic
def withdraw(*, draft_id: int, seen: int, comment: str, user: User) -> Draft:
    """End a draft without publishing it; its text and history stay."""
    draft = _opened(draft_id, "withdraw", user, seen)
    draft.state = _State.WITHDRAWN
    draft.save(update_fields=["state", "updated_at"])
    _note(draft, _Kind.WITHDRAWN, user, comment)
    return draft


@transaction.atomic
def approve(*, draft_id: int, seen: int, user: User, comment: str = "") -> SchemaVersion:
    """Publish exactly what was seen: a commit, its import and a new revision, all in one transaction or not at all."""
    revisions.lock()  # publications come one after the other; before the draft's lock, as imports take it first as well
    draft = _opened(draft_id, "approve", user, seen)
    latest = next(reversed(draft_lookups.versions_of(draft.title)), "")
    if latest != draft.base:
        raise BaseMovedError(latest=latest, title=draft.title, base=draft.base or "nothing")
    examination = _require_ready(draft)
    commit = _commit(draft, examination, user)
    draft.published = SchemaVersion.objects.get(schema_id=f"/{draft.title}/{examination.version}")
    draft.state = _State.PUBLISHED
    draft.save(update_fields=["state", "published", "updated_at"])
    _note(draft, _Kind.PUBLISHED, user, comment)
    log.info("draft.published", extra={"draft": draft.pk, "schema_id": draft.published.schema_id, "commit": commit.sha})
    return draft.published


def _opened(draft_id: int, verb: str, user: User, seen: int) -> Draft:
    """The draft, locked: this person may do that to it now, and has seen what it says."""
    draft = Draft.objects.select_for_update(of=("self",)).select_related("repository", "author").get(pk=draft_id)
    rule = draft_lookups.verbs(draft, user)[verb]
    if not rule.is_allowed:
        raise DraftForbiddenError(label=rule.label, why_not=rule.why_not)
    if draft.edit != seen:
        last = draft.steps.select_related("user").last()
        who = last.user.get_username() if last else "Somebody"
        raise DraftChangedError(who=who, edit=draft.edit, seen=seen)
    return draft


def _edited(draft: Draft, user: User, comment: str = "") -> Draft:
    draft.edit += 1
    draft.save(update_fields=["text", "reason", "state", "base", "edit", "updated_at"])
    draft.editors.add(user)
    _note(draft, _Kind.EDITED, user, comment)
    return draft


def _note(draft: Draft, kind: str, user: User, comment: str = "") -> None:
    DraftStep.objects.create(
        draft=draft, kind=kind, user=user, comment=comment[:2000], edit=draft.edit, text_hash=drafts.text_hash(draft.text)
    )


def _check_title(repository: Repository, title: str) -> None:
    if repository.kind != Repository.Kind.MANAGED:
        raise NotManagedError(repository=repository.name)
    if not is_schema_id(f"/{title}/999.999.999") or any(_RESERVED.fullmatch(part) for part in title.split("/")):
        raise DraftTitleError(title=title[:200] or "An empty name")
    if owner := draft_lookups.other_owner(repository, title):
        raise DraftTitleTakenError(title=title, owner=owner)


def _first_text(repository: Repository, title: str, version: str) -> str:
    """What a new title begins with: the fragment, or none, by which it keeps the most guidelines; they differ in that."""
    situation = draft_lookups.situation(repository, title, "")
    fragments = draft_lookups.common_fragments(repository)[:_FRAGMENTS_TRIED]
    texts = [draft_texts.new_title(title, version, common) for common in (*fragments, "")]
    looked_at = [(draft_checks.examine(text, situation), text) for text in texts]
    best, text = min(looked_at, key=lambda pair: (len(pair[0].errors), len(pair[0].remarks)))
    if any(remark.code == _TITLE_RULE for remark in best.errors):
        raise DraftTitleWordsError(title=title)  # nothing in the text could mend it: a draft's title stays
    return text


def _require_ready(draft: Draft) -> Examination:
    examination = draft_lookups.examined(draft)
    if not examination.is_ready:
        errors = examination.errors
        raise DraftNotReadyError(count=len(errors), first=errors[0].message if errors else "")
    return examination


def _commit(draft: Draft, examination: Examination, approver: User) -> Commit:
    """Append the commit to the repository's history and import what the repository holds then."""
    repository = draft.repository
    now = timezone.now()
    history, files = commits.history_of(repository)
    commit = commits.next_commit(
        repository,
        history,
        files=_files(draft, examination, is_first=not files),
        message=_message(draft, examination, approver),
        author=_signature(draft.author),
        at=now,
    )
    commit.save()
    found = commits.found(commits.after(files, commit.files), repository.schema_folder)
    report = services.import_found(repository=repository, found=found, commit=commit.sha)
    if not report.is_ok:
        raise PublicationRefusedError(report.problems)
    return commit


def _files(draft: Draft, examination: Examination, *, is_first: bool) -> Mapping[str, Any]:
    folder = draft.repository.schema_folder
    before = SchemaTitle.objects.filter(name=draft.title).values_list("changelog_text", flat=True).first() or ""
    log_text = draft_texts.changelog(
        before,
        title=draft.title,
        version=examination.version,
        on=timezone.localdate(),
        reason=draft.reason,
        author=_signature(draft.author)[0],
        changes=[change.what for change in examination.comparison.changes] if examination.comparison else [],
    )
    files = draft_texts.files_of(
        folder=f"{folder}/{draft.title}",
        version=examination.version,
        text=draft.text,
        document=examination.document or {},
        changelog=log_text,
    )
    readme = {"README.md": draft_texts.README.format(repository=draft.repository.name, folder=folder)}
    return {**readme, **files} if is_first else files


def _message(draft: Draft, examination: Examination, approver: User) -> str:
    others = [editor for editor in draft.editors.order_by("pk") if editor.pk != draft.author_id]
    trailers = [f"Co-authored-by: {' '.join(_shown(editor))}" for editor in others]
    trailers.append(f"Reviewed-by: {' '.join(_shown(approver))}")
    return "\n".join([f"{draft.title} {examination.version}", "", draft.reason, "", *trailers])


def _shown(user: User) -> tuple[str, str]:
    name, email = _signature(user)
    return name, f"<{email}>"


def _signature(user: User) -> tuple[str, str]:
    """A person's name and address in git; nobody's real address is made up."""
    return user.get_full_name() or user.get_username(), user.email or f"{user.get_username()}@users.invalid"
