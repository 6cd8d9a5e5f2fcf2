"""Reminds teams of what is due for review or expires: two weeks before, three days before, and on the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from streamconfig import lookups
from streamconfig.configuration.document import Document
from streamconfig.notifying import hearers
from streamconfig.notifying.kinds import KINDS
from streamconfig.notifying.telling import write
from streamconfig.notifying.wording import link

DAYS_BEFORE = (14, 3, 0)
_TOLD_FOR = timedelta(days=30)  # a tick that did not run tells later; what is long past is in the list of stale things
_WORDS = {
    "review_on": ("is due for review", "Confirm that it is still needed and set the next date, or retire it."),
    "expires_on": ("expires", "Set another date if it is still needed, or retire it."),
}


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose day is near; `days_before` is the newest of the reminders that are due."""

    kind: str  # stream | instrument
    name: str
    owner: str
    date_name: str
    day: date
    days_before: int

    @property
    def path(self) -> str:
        """Its page."""
        return reverse(self.kind, args=[self.name])


def remind(today: date) -> int:
    """Write the reminders that are due; each is told once, however often this runs."""
    kind, number = KINDS["reminder"], 0
    for due in due_of(lookups.current_document(), today):
        verb, to_do = _WORDS[due.date_name]
        subject = f"{due.name} {verb} on {due.day.isoformat()}"
        url = link(due.path)
        write(
            kind,
            once=f"reminder {due.kind} {due.name} {due.date_name} {due.day} {due.days_before}",
            addresses=hearers.addresses_of(hearers.members([due.owner]), kind) | hearers.team_addresses([due.owner]),
            subject=subject,
            text=f"The {due.kind} {subject}. Its owner is {due.owner}.\n\n{to_do}\n\n{url}",
            body=_as_json(due, f"{subject}\n{url}", url),
        )
        number += 1
    return number


def _as_json(due: Due, text: str, url: str) -> dict[str, Any]:
    named = {"kind": due.kind, "name": due.name, "owner": due.owner, due.date_name: due.day.isoformat(), "url": url}
    return {"event": "reminder", "text": text, "days_before": due.days_before, "about": named}


def due_of(document: Document, today: date) -> Iterator[Due]:
    """What is to be told today, streams first; what nobody owns nobody can be reminded of."""
    for entry in document.entries:
        yield from _of("stream", entry.name, entry.about.owner, entry.about.as_json(), today)
    owners = {entry.name: entry.about.owner for entry in document.entries}
    for key, item in document.section("instruments").items():
        owner = str(item.get("owner") or owners.get(str(item.get("stream")), ""))
        yield from _of("instrument", key, owner, item, today)


def _of(kind: str, name: str, owner: str, dates: Mapping[str, Any], today: date) -> Iterator[Due]:
    for date_name in _WORDS if owner else ():
        day = day_of(dates.get(date_name))
        reached = [days for days in DAYS_BEFORE if day and day - timedelta(days=days) <= today]
        if day and reached and today <= day + _TOLD_FOR:
            yield Due(kind, name, owner, date_name, day, min(reached))


def day_of(value: Any) -> date | None:
    """A date as documents have it; None where none is set."""
    try:
        return date.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        return None
