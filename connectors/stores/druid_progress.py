"""What a supervisor's status says of its reader: state, offsets that are durable, offsets that are read, and its trouble."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from connectors.sinks.base import Progress
from eventplatform.core.errors import RetriableError
from eventplatform.core.records import TopicPartition

_BEGINNING = {"PENDING", "STOPPING"}

Offsets = dict[TopicPartition, int]


class ReaderUnhealthyError(RetriableError):
    """Druid's own reader fails and tries again."""

    code = "druid.reader_unhealthy"
    message = "Druid's reader of {stream} is not well: {state}{why}."
    remedy = "It tries again by itself; see the supervisor and its tasks in Druid's console."


def progress(stream: str, status: Mapping[str, Any]) -> Progress:
    """A status as the platform tells it.

    Durable is where every task began that has not published yet: tasks begin where the committed offsets stood.
    """
    active, publishing = list(status.get("activeTasks") or ()), list(status.get("publishingTasks") or ())
    durable = _least(task.get("startingOffsets") or {} for task in (*publishing, *active))
    read = _most([durable, *(_offsets(task.get("currentOffsets") or {}) for task in active)])
    error = None if status.get("healthy", True) else _trouble(stream, status)
    return Progress(_state(status, is_failing=error is not None), durable, error, read)


def is_busy(status: Mapping[str, Any]) -> bool:
    """Whether tasks hold what is not durable yet, or may: one that was just suspended does not know its tasks yet."""
    return bool(status.get("state") != "SUSPENDED" or status.get("activeTasks") or status.get("publishingTasks"))


def named(offsets: Mapping[TopicPartition, int]) -> dict[str, int]:
    """Offsets as Druid writes them."""
    return {f"{where.topic}:{where.partition}": offset for where, offset in offsets.items()}


def _state(status: Mapping[str, Any], *, is_failing: bool) -> Literal["pending", "running", "suspended", "failed"]:
    if is_failing:
        return "failed"
    if status.get("suspended"):
        return "suspended"
    return "pending" if status.get("state", "PENDING") in _BEGINNING else "running"


def _trouble(stream: str, status: Mapping[str, Any]) -> ReaderUnhealthyError:
    """The class of the newest exception alone: its text may quote a record."""
    errors = status.get("recentErrors") or [{}]
    kind = str(errors[-1].get("exceptionClass", "")).rpartition(".")[2]
    state = str(status.get("detailedState") or status.get("state") or "unhealthy").replace("_", " ").lower()
    return ReaderUnhealthyError(stream=stream, state=state, why=f" ({kind})" if kind else "")


def _offsets(given: Mapping[str, Any]) -> Offsets:
    """From `topic:partition`."""
    parts = {name.rpartition(":"): offset for name, offset in given.items()}
    return {
        TopicPartition(topic, int(number)): int(offset) for (topic, _, number), offset in parts.items() if offset is not None
    }


def _least(given: Iterable[Mapping[str, Any]]) -> Offsets:
    found: Offsets = {}
    for offsets in map(_offsets, given):
        found |= {where: min(offset, found.get(where, offset)) for where, offset in offsets.items()}
    return found


def _most(given: Iterable[Offsets]) -> Offsets:
    found: Offsets = {}
    for offsets in given:
        found |= {where: max(offset, found.get(where, offset)) for where, offset in offsets.items()}
    return found
