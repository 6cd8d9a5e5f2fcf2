"""Asks every source of troubles, each by itself: one that breaks is told as a trouble and takes nothing else along."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import Error

from eventplatform.panels import Trouble
from monitoring.alerts.evaluating import Told

log = logging.getLogger(__name__)

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is wrong now, and the sources that could not say."""

    told: tuple[Told, ...]
    unreadable: tuple[str, ...]


def gather(sources: Mapping[str, Callable[[], list[Trouble]]]) -> Gathered:
    """All troubles that have a kind; those without one stay lines of a page.

    Raises:
        Error: no source answered because the database is away.
    """
    told: list[Told] = []
    unreadable: dict[str, Exception] = {}
    for name, find in sources.items():
        try:
            told += [_told(name, one) for one in find() if one.kind]
        except Exception as error:
            # Whatever it was, the others must be heard.
            log.warning("alerts.source_failed", extra={"source": name, "reason": type(error).__name__}, exc_info=error)
            unreadable[name] = error
    if unreadable and not told and all(isinstance(error, Error) for error in unreadable.values()):
        raise next(iter(unreadable.values()))
    return Gathered((*told, *map(_unreadable, unreadable)), tuple(unreadable))


def _told(source: str, one: Trouble) -> Told:
    texts = (one.what[:_LONGEST], one.why[:_LONGEST], one.link[:500], one.remedy[:_LONGEST])
    return Told(source, one.key[:400], one.kind[:60], one.subject[:300], one.level, *texts, one.began_at)


def _unreadable(source: str) -> Told:
    return Told(
        "alerts",
        f"part.unreadable:{source}",
        "part.unreadable",
        source,
        "fail",
        f"{source} can't say how it is",
        "What it would tell is unknown. Its error stands in the log of the role that evaluates alerts.",
        "/alerts",
        "See who evaluates",
    )
