"""Pulls git repositories into the registry: which are due, the pull itself, and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from eventplatform.core.errors import FatalError, PlatformError
from eventplatform.encryption import seal, unseal
from registry import importing, revisions, services
from registry.git import tree
from registry.git.addresses import Rules
from registry.git.command import Limits
from registry.git.credentials import Credentials
from registry.git.mirror import Remote, mirrored
from registry.models import Repository
from registry.repositories import pull_lease
from registry.repositories.pull_lease import DUE, FREE, PULLED, Lease, PullLostError
from registry.services import ImportReport

log = logging.getLogger(__name__)

_AT_ONCE = 2  # pulls by ticks: a worker has other work too
_FIRST_DELAY_SECONDS = 30
_LONGEST_DELAY_SECONDS = 3600
_LISTED = {"name", "role", "order"}  # what every process knows of a repository
_SETTINGS = _LISTED | {
    *("kind", "url", "branch", "schema_folder", "is_enabled", "interval_seconds"),
    *("compatibility", "profile", "enforcement"),
}
UNRESOLVED = "schema.bad_reference"  # a refusal that another import may end

Outcome = Literal["unchanged", "imported", "refused", "failed", "lost"]
Watch = Callable[[str, str, int, int], None]


class PullFailedError(FatalError):
    """A pull ended by an error that nobody foresaw."""

    code = "repository.pull_failed"
    message = "The pull ended by an error of the platform: {reason}"
    remedy = "Look for pull.broke in the worker's log; the last good state goes on being served."


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of one pull: `report` where files were looked at, `error` where it didn't get so far."""

    name: str
    outcome: Outcome
    report: ImportReport | None = None
    error: PlatformError | None = None


def ask(*names: str, is_anew: bool = False) -> int:
    """Let repositories be due now, in the order in which they are declared; answers how many there are.

    `is_anew` looks at the branch's files even where its commit was seen before: by hand, or after a change of settings.
    """
    facts: dict[str, Any] = {"seen_commit": ""} if is_anew else {}
    return Repository.objects.filter(PULLED, name__in=names).update(next_pull_at=Now(), **facts)


def begin_anew(repository: Repository) -> None:
    """After a change of its settings: a pull at work lost its right, and another is due."""
    facts: dict[str, Any] = {"pull_token": None, "pull_until": None, "progress": {}, "pull_failures": 0, "pull_trouble": {}}
    Repository.objects.filter(pk=repository.pk).update(next_pull_at=Now(), seen_commit="", **facts)


def save_settings(
    repository: Repository, *, changed: Collection[str], credentials: Credentials | None, webhook_secret: str | None
) -> None:
    """Keep what a form says of a new repository, or the `changed` fields of one; secrets sealed, None leaves them alone."""
    is_new = repository.pk is None
    if credentials is not None:
        repository.credentials = seal(credentials.kept())
    if webhook_secret is not None:
        repository.webhook_secret = seal({"secret": webhook_secret} if webhook_secret else {})
    written = [name for name in changed if name in _SETTINGS] + ["credentials", "webhook_secret"]
    with transaction.atomic():
        repository.save(update_fields=None if is_new else written)
        if set(changed) & _LISTED and not is_new:
            revisions.changed_otherwise()
        if repository.kind == Repository.Kind.GIT and (credentials is not None or set(changed) & _SETTINGS):
            begin_anew(repository)


def pull_due(is_over: Callable[[], bool] = lambda: False) -> list[Pulled]:
    """Pull what is due, one after the other, until nothing is or `is_over`."""
    wake_refused()
    pulled: list[Pulled] = []
    while not is_over() and (lease := pull_lease.take(DUE, at_once=_AT_ONCE)):
        pulled.append(pull(lease))
        if pulled[-1].report is not None:
            wake_refused()
    return pulled


def pull_named(names: Iterable[str], watch: Watch | None = None) -> list[Pulled]:
    """Pull repositories now, whatever their commit; one that somebody else is pulling is left out."""
    chosen = Q(name__in=names)
    ordered = Repository.objects.filter(PULLED & chosen).order_by("order", "name").values_list("name", flat=True)
    # They are not made due: a worker would take those that wait here for their turn.
    leases = (pull_lease.take(PULLED & FREE & Q(name=name)) for name in list(ordered))
    return [pull(_anew(lease), watch) for lease in leases if lease is not None]


def _anew(lease: Lease) -> Lease:
    lease.repository.seen_commit = ""
    return lease


def wake_refused() -> int:
    """Let those be due whose reference led nowhere, once anything in the registry has changed: it may lead somewhere now."""
    refused = Repository.objects.filter(PULLED, FREE, failed_at__isnull=False, problems__contains=[{"code": UNRESOLVED}])
    waiting = refused.filter(seen_revision__lt=importing.current_revision())
    return waiting.update(next_pull_at=Now(), seen_commit="")


def pull(lease: Lease, watch: Watch | None = None) -> Pulled:
    """Do one pull and give the right to it back. Whatever happens, the last good state goes on being served."""
    name = lease.repository.name
    try:
        with lease:
            pulled, commit = _look(lease, watch or (lambda *_words: None))
    except PullLostError as lost:
        return Pulled(name, "lost", error=lost)
    except PlatformError as error:
        return _failed(lease, error)
    except Exception as error:  # the right must be given back, and a person told
        log.exception("pull.broke", extra={"repository": name})
        return _failed(lease, PullFailedError(reason=type(error).__name__))
    facts: dict[str, Any] = {"seen_commit": commit, "pulled_at": timezone.now(), "pull_failures": 0, "pull_trouble": {}}
    if pulled.report is not None:
        facts["seen_revision"] = pulled.report.revision
    lease.give_back(lease.repository.interval_seconds or None, **facts)
    return pulled


def _look(lease: Lease, watch: Watch) -> tuple[Pulled, str]:
    repository = lease.repository

    def tell(stage: str, done: int = 0, total: int = 0) -> None:
        lease.tell(stage, done, total)
        watch(repository.name, stage, done, total)

    with mirrored(mirror_of(repository), remote_of(repository)) as mirror:
        tell("ask")
        commit = mirror.newest()
        if commit == repository.seen_commit:
            return Pulled(repository.name, "unchanged"), commit
        commit = mirror.fetch(partial(tell, "fetch"))
        found = tree.read(mirror.git, commit, repository.schema_folder, partial(tell, "list"))
    report = services.import_found(repository=repository, found=found, commit=commit, progress=tell)
    return Pulled(repository.name, "imported" if report.is_ok else "refused", report), commit


def _failed(lease: Lease, error: PlatformError) -> Pulled:
    repository = lease.repository
    trouble = {"code": error.code, "message": str(error), "remedy": error.hint}
    since = repository.pull_trouble.get("since") or timezone.now().isoformat()
    delay = delay_seconds(repository.interval_seconds, repository.pull_failures)
    facts = {"pull_failures": repository.pull_failures + 1, "pull_trouble": {**trouble, "since": since}}
    if lease.give_back(delay, **facts):
        log.warning("pull.failed", extra={"repository": repository.name, "code": error.code, "why": str(error)})
    return Pulled(repository.name, "failed", error=error)


def delay_seconds(interval: int, failures: int) -> int:
    """How long a remote that failed is left alone: its interval, twice as long each time, up to an hour."""
    usual = max(interval, _FIRST_DELAY_SECONDS)
    return max(usual, min(usual << min(failures, 16), _LONGEST_DELAY_SECONDS))


def rules() -> Rules:
    """What this installation allows."""
    return Rules(settings.SCHEMA_TRANSPORTS, settings.SCHEMA_FILE_ROOTS, settings.SCHEMA_PRIVATE_HOSTS)


def credentials_of(repository: Repository) -> Credentials:
    """What opens it; the caller lets nobody see it."""
    return Credentials.of(unseal(repository.credentials, owner=f"the repository {repository.name}"))


def remote_of(repository: Repository) -> Remote:
    """The repository as git is to ask for it."""
    limits = Limits(seconds=settings.SCHEMA_PULL_SECONDS, disk_bytes=settings.SCHEMA_PULL_MAX_MB << 20)
    return Remote(repository.url, repository.branch, credentials_of(repository), rules(), limits, settings.SCHEMA_PROXY)


def mirror_of(repository: Repository) -> Path:
    """Where its mirror lies on this machine; any worker can make it anew."""
    return Path(settings.VAR_DIR) / f"repositories/{repository.pk}.git"
