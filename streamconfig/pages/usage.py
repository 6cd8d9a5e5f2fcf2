"""Who still uses a stream: what a person must know before retiring it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from eventplatform import panels
from streamconfig import lookups, touching
from streamconfig.configuration import document as documents
from streamconfig.configuration.document import Document, Entry
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.models import Revision
from streamconfig.pages import instruments, pending
from streamconfig.pages.instruments import Shown
from streamconfig.pages.pending import Pending

_DAYS = 30
_QUIET_DAYS = 7  # without events, before a stream is said to be unused


@dataclass(frozen=True, slots=True)
class Usage:
    """What stands on a stream. `days` are counted days with their events, oldest first; None where nobody counted."""

    days: Sequence[tuple[date, int | None]]
    stores: Sequence[panels.Downstream]
    instruments: Sequence[Shown]
    overrides: Sequence[str]
    pending: Sequence[Pending]

    @property
    def counted(self) -> Sequence[int]:
        """The days that were counted."""
        return [events for _, events in self.days if events is not None]

    @property
    def quiet_days(self) -> int | None:
        """How many whole days at the end had no events; None where none were counted."""
        if not self.counted:
            return None
        quiet = 0
        for _, events in reversed(self.days):
            if events != 0:
                break
            quiet += 1
        return quiet

    @property
    def is_quiet(self) -> bool:
        """True where nobody has sent for a week."""
        return (self.quiet_days or 0) >= min(_QUIET_DAYS, len(self.days) or _QUIET_DAYS)

    @property
    def last_day(self) -> date | None:
        """The last day with events."""
        return next((day for day, events in reversed(self.days) if events), None)

    @property
    def per_day(self) -> float | None:
        """Events a day, over the days that were counted."""
        return sum(self.counted) / len(self.counted) if self.counted else None


def usage_of(name: str) -> Usage:
    """All that is known of a stream's use."""
    snapshot = lookups.snapshot()
    document = snapshot.stream_set.document
    known = pending.by_item()
    standing = instruments.of_stream(snapshot, name)
    items = [("streams", name), *(("instruments", one.key) for one in standing)]
    return Usage(
        days=list(panels.call("monitoring.daily_volumes", name, _DAYS, default=())),
        stores=panels.call("connectors.downstream", name, default=()),
        instruments=standing,
        overrides=[key for key, item in document.section("overrides").items() if name in (item.get("streams") or {})],
        pending=pending.of_items(items, known),
    )


def last_entry(name: str) -> tuple[Entry, Revision, StreamSet] | None:
    """A stream that was removed, as it stood last, and the revision that removed it."""
    row = touching.revisions("streams", name).first()
    if row is None:
        return None
    before = lookups.document_of(row.number - 1)
    entry = before.get(name)
    if entry is None:
        return None
    alone = Document(before.defaults, (entry,))
    return entry, row, StreamSet(alone)


def without(document: Document, name: str) -> Document:
    """The document without a stream and what stands on it alone: its instruments, and what overrides say of it."""
    sections: dict[str, Any] = {key: dict(items) for key, items in document.sections.items()}
    kept = {key: one for key, one in sections.get("instruments", {}).items() if one.get("stream") != name}
    overrides = {key: _override_without(item, name) for key, item in sections.get("overrides", {}).items()}
    sections |= {"instruments": kept, "overrides": {key: item for key, item in overrides.items() if item}}
    left = document.without([name])
    return documents.Document(left.defaults, left.entries, left.problems, sections)


def _override_without(item: Any, name: str) -> dict[str, Any]:
    """Empty where nothing is left that an override would say."""
    if name not in (item.get("streams") or {}):
        return dict(item)
    streams = {stream: settings for stream, settings in item["streams"].items() if stream != name}
    rest = {key: value for key, value in item.items() if key != "streams"} | ({"streams": streams} if streams else {})
    return rest if set(rest) - {"reason"} else {}
