"""What the pages say of a repository: its state in a word, how far its pull is, what is wrong and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from registry.models import Repository

_STAGES = {
    "ask": "Asking for the newest commit",
    "fetch": "Fetching",
    "list": "Reading files",
    "read": "Reading schemas",
    "check": "Checking schemas",
    "store": "Storing",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a pull at work; `percent` is None where nobody knows the whole."""

    stage: str
    done: int
    total: int
    percent: int | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class State:
    """One repository as its row on the page."""

    row: Repository
    level: str
    word: str
    symbol: str
    progress: Progress | None
    title_count: int
    next_pull_seconds: float | None

    @property
    def is_live(self) -> bool:
        """Something about it changes by itself in a moment."""
        return self.progress is not None or self.next_pull_seconds == 0

    @property
    def trouble(self) -> dict[str, Any]:
        """Why the newest pull didn't reach the branch: code, message, remedy; empty where it did."""
        trouble: dict[str, Any] = self.row.pull_trouble
        return trouble

    @property
    def trouble_since(self) -> datetime | None:
        """When that began."""
        return parse_datetime(str(self.row.pull_trouble.get("since", "")))

    @property
    def place(self) -> str:
        """Where its files come from, in a line."""
        row = self.row
        if row.kind == Repository.Kind.MANAGED:
            return "written here"
        return f"{row.url} ({row.branch})" if row.branch else row.url or row.folder


def state_of(row: Repository, title_count: int = 0) -> State:
    """What is to be shown of the row now."""
    now = timezone.now()
    progress = _progress(row) if row.pull_until and row.pull_until > now else None
    is_planned = row.is_enabled and row.kind == Repository.Kind.GIT and row.next_pull_at and not progress
    seconds = max(0.0, (row.next_pull_at - now).total_seconds()) if is_planned and row.next_pull_at else None
    return State(row, *_word(row, progress, seconds), progress, title_count, seconds)


def _word(row: Repository, progress: Progress | None, next_pull_seconds: float | None) -> tuple[str, str, str]:
    """Its level, word and symbol; what is worst comes first."""
    is_empty = row.imported_at is None and row.kind != Repository.Kind.MANAGED
    words = (
        (progress is not None, ("info", "Pulling", "restart")),
        (not row.is_enabled, ("paused", "Off", "paused")),
        (row.failed_at is not None, ("fail", "Refused", "fail")),
        (bool(row.pull_trouble), ("warn", "Not reached", "warn")),
        (next_pull_seconds == 0, ("info", "Waits for a worker", "clock")),
        (is_empty, ("unknown", "Nothing imported", "unknown")),
    )
    return next((word for is_so, word in words if is_so), ("ok", "Up to date", "ok"))


def _progress(row: Repository) -> Progress:
    said = row.progress
    done, total = int(said.get("done") or 0), int(said.get("total") or 0)
    stage = _STAGES.get(str(said.get("stage")), "At work")
    return Progress(stage, done, total, 100 * done // total if total else None, parse_datetime(str(said.get("since", ""))))
