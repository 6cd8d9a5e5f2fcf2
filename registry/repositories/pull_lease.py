"""The timed right to pull one repository: one worker holds it and writes the progress; a dead worker's runs out by itself."""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection, transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Cast, Coalesce, Now
from django.utils import timezone

from eventplatform.core.errors import RetriableError
from registry.models import Repository

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
_BEAT_SECONDS = 1.0  # how often progress is written, at most

FREE = Q(pull_until__isnull=True) | Q(pull_until__lt=Now())
PULLED = Q(kind=Repository.Kind.GIT, is_enabled=True)
# Also due is what a worker held when it died: its wish was taken back when the pull began.
DUE = PULLED & FREE & (Q(next_pull_at__lte=Now()) | Q(pull_until__lt=Now()))


class PullLostError(RetriableError):
    """Somebody else has the right to this pull by now: it took too long to breathe, or its repository was edited."""

    code = "repository.pull_lost"
    message = "This pull was given up for a newer one."
    remedy = "Nothing to do: the newer one looks at the same branch."


class Lease:
    """Held while a pull is at work. `tell` keeps it informed and costs nothing; a thread writes, once a second."""

    def __init__(self, repository: Repository, token: uuid.UUID) -> None:
        self.repository = repository
        self._token = token
        self._progress: dict[str, Any] = {"stage": "ask", "done": 0, "total": 0, "since": timezone.now().isoformat()}
        self._is_lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"pull-{repository.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def tell(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Say how far the work is.

        Raises:
            PullLostError: it is somebody else's work by now.
        """
        if self._is_lost:
            raise PullLostError
        self._progress = {**self._progress, "stage": stage, "done": done, "total": total}

    def give_back(self, delay_seconds: float | None, **facts: Any) -> bool:
        """End the pull with what it found; the next one is due after the delay, or when somebody asked meanwhile."""
        planned = None if delay_seconds is None else timezone.now() + timedelta(seconds=delay_seconds)
        later = Coalesce(F("next_pull_at"), Cast(Value(planned), DateTimeField()))
        return bool(self._mine().update(pull_token=None, pull_until=None, progress={}, next_pull_at=later, **facts))

    def _mine(self) -> Any:
        return Repository.objects.filter(pk=self.repository.pk, pull_token=self._token)

    def _beat(self) -> None:
        try:
            while not self._ended.wait(_BEAT_SECONDS):
                self._write()
        finally:
            connection.close()  # this thread's own

    def _write(self) -> None:
        try:
            self._is_lost = not self._mine().update(pull_until=Now() + LEASE, progress=self._progress)
        except DatabaseError as error:
            log.warning("pull.not_noted", extra={"repository": self.repository.name, "why": str(error)})
            connection.close()


def take(wanted: Q, *, at_once: int = 0) -> Lease | None:
    """The right to the first repository in declared order that is `wanted` and free; None where there is none.

    `at_once` bounds how many pulls are at work anywhere, so that they leave room for other work; 0 does not.
    """
    if at_once and Repository.objects.filter(pull_until__gt=Now()).count() >= at_once:
        return None
    with transaction.atomic():
        free = Repository.objects.select_for_update(skip_locked=True).filter(wanted)
        repository = free.order_by("order", "name").first()
        if repository is None:
            return None
        lease = Lease(repository, uuid.uuid4())
        facts = {"pull_token": lease._token, "progress": lease._progress, "next_pull_at": None}  # noqa: SLF001  # its maker
        Repository.objects.filter(pk=repository.pk).update(pull_until=Now() + LEASE, **facts)
    return lease
