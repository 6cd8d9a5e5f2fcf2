"""The steps of one event's way, from the client to every store, each with its state and what to do; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from eventplatform import figures
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core import names
from eventplatform.core.records import Record

State = Literal["ok", "fail", "warn", "info", "paused", "unknown"]
REFUSED = "Refused by the intake"
WAITS_FOR_ITS_HOUR = "Waits for its hour"
STANDS_STILL = "Stands still"
LAKES = frozenset({"files", "s3", "hdfs"})
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `word` is its state in a word where that is not "passed"; `remedy` is what the link does."""

    name: str
    state: State
    words: str
    at: datetime | None = None
    place: str = ""
    word: str = ""
    link: str = ""
    remedy: str = ""
    code: str = ""
    is_store: bool = False

    @property
    def has_it(self) -> bool:
        """Of a store: the event is in it, or was meant for another."""
        return self.is_store and (self.state in {"ok", "warn"} or self.word == WAITS_FOR_ITS_HOUR)


@dataclass(frozen=True, slots=True)
class Taker:
    """A connector that takes the event's stream, as it is doing on the event's partition.

    `next_offset` is None where it has not begun there; `trouble` is what holds it back.
    """

    name: str
    kind: str
    state: Literal["running", "idle", "retrying", "stopped", "paused", "left"]
    link: str = ""
    next_offset: int | None = None
    is_on_partition: bool = True
    trouble: str = ""
    code: str = ""
    since: datetime | None = None
    waits_seconds: float | None = None
    hour: str = ""  # of a lake, how the record's hour is there: complete, open or late, empty where nobody judged it
    why_late: str = ""

    def left_by(self, why: str, since: datetime) -> Taker:
        """As it is while nobody moves connectors on; one that a person or an error holds back is so for its own reason."""
        if self.state not in {"running", "idle"}:
            return self
        return replace(self, state="left", trouble=why, since=since)


def text_of(record: Record, name: str) -> str:
    """A header as text; empty where it is absent."""
    return (record.header(name) or b"").decode("utf-8", "replace")


def received_at(record: Record, event: Any) -> datetime:
    """When the platform took it in: as the intake's header says, else `meta.dt`, else the record's own time."""
    meta = event.get("meta") if isinstance(event, dict) else None
    told = meta.get("dt") if isinstance(meta, dict) else None
    return moment(text_of(record, names.HEADER_RECEIVED_AT)) or moment(told) or record.moment


def moment(text: Any) -> datetime | None:
    """A time as events write it; None where it is none, or has no zone."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def of_record(record: Record, event: Any, *, kept_until: datetime | None = None) -> tuple[Step, ...]:
    """Received, accepted, written: what its record tells."""
    at = received_at(record, event)
    where = f"{record.topic}, partition {record.partition}, offset {figures.thin(record.offset)}"
    kept = f" The log keeps it until {kept_until:%d %b %H:%M} UTC." if kept_until else ""
    written = Step("Written to the topic", "ok", f"Acknowledged by the log.{kept}", at, where)
    if record.header(names.HEADER_RECEIVED_AT) is None:
        return Step("Written past the intake", "info", _STRANGER, at), written
    return _received(record, at), _accepted(record, event, at), written


_STRANGER = "Its record has no header of an intake: a job or another program wrote it, so nobody here knows who sent it."


def _received(record: Record, at: datetime) -> Step:
    service, key = text_of(record, names.HEADER_SERVICE), text_of(record, names.HEADER_PRODUCER_KEY)
    words = f"By the service {service}" if service else "By the service of all streams"
    words += f", from a client with the key {key}" if key else ", from a client without a key"
    request = text_of(record, names.HEADER_REQUEST_ID)
    return Step("Received by the intake", "ok", f"{words}.", at, f"request {request}" if request else "")


def _accepted(record: Record, event: Any, at: datetime) -> Step:
    schema = event.get("$schema") if isinstance(event, dict) else None
    words = [f"Matches {schema}." if schema else "It names no schema."]
    if note := text_of(record, names.HEADER_REPLAYED):
        words.append(f"A person sent it again: {note}.")
    if wanted := text_of(record, names.HEADER_REPLAYED_FOR):
        words.append(f"It is for the connector {wanted} alone; the others have it already.")
    if record.header(names.HEADER_LATE) is not None:
        words.append("It came after its stream's window had closed, and is marked so.")
    if origin := text_of(record, names.HEADER_MIRRORED_FROM):
        words.append(f"It is a copy of {origin}.")
    title, version = names.split_schema_id(str(schema)) if schema else ("", "")
    link = f"/schemas/{title}/{version}" if title and names.is_schema_id(str(schema)) else ""
    return Step("Accepted", "ok", " ".join(words), at, link=link, remedy="See the schema" if link else "")


def of_letter(letter: DeadLetter) -> tuple[Step, ...]:
    """Received and refused: what the intake's dead letter tells. One that was mended and sent again is red no more."""
    at = letter.received_at or letter.created_at
    service, client = letter.service or letter.name, letter.client
    who = f"By the service {service}" if service else "By the intake, for none of its services"
    who = who if letter.source == "intake" else "By a job or another program"
    request = f"request {letter.request_id}" if letter.request_id else ""
    received = Step("Received by the intake", "ok", f"{who}{f', from {client}' if client else ''}.", at, request)
    return received, _set_aside(REFUSED, letter, "Refused", at)


def of_taker(taker: Taker, record: Record, letter: DeadLetter | None, *, at: datetime, is_canary: bool) -> Step:
    """What one connector did with the record, received `at` that moment, by its dead letters and its position."""
    wanted = text_of(record, names.HEADER_REPLAYED_FOR)
    if wanted and wanted != taker.name:
        return Step(taker.name, "ok", f"Not for it: {wanted} alone had refused it.", word="Left out", is_store=True)
    if letter is not None:
        return _set_aside(taker.name, letter, "Set aside", letter.created_at, is_store=True)
    if taker.next_offset is not None and taker.next_offset > record.offset:
        return _stored(taker, record, at, is_canary=is_canary)
    return _waiting(taker, record)


def _set_aside(name: str, letter: DeadLetter, word: str, at: datetime, *, is_store: bool = False) -> Step:
    place = f"{letter.code}{f' at {letter.pointer}' if letter.pointer else ''}"
    link = "/rejected"
    if letter.id is not None:  # else it stands on an error stream alone
        place, link = f"dead letter {letter.id}, {place}", f"/rejected?group={letter.group_key}&letter={letter.id}"
    if letter.replayed_at is not None:
        again = f" as {letter.replayed_as}" if letter.replayed_as else ""
        words = f"{word}, then replayed{again} by {letter.replayed_by or 'somebody'}. It had been: {_sentence(letter)}"
        return Step(
            name, "warn", words, letter.replayed_at, place, "Replayed", link, "See what was done", letter.code, is_store
        )
    words = f"{_sentence(letter)} {letter.remedy}".strip()
    return Step(name, "fail", words, at, place, word, link, "Mend and replay", letter.code, is_store)


def _sentence(letter: DeadLetter) -> str:
    """The reason as a sentence: of an event that breaks its schema it begins with the place."""
    if letter.message.endswith((".", "?", "!")):
        return letter.message
    place = ".".join(letter.pointer.split("/")[1:])
    return f"{place} {letter.message}.".lstrip()


def _stored(taker: Taker, record: Record, at: datetime, *, is_canary: bool) -> Step:
    words = "Its marker for canaries has it; no data does." if is_canary else "Stored."
    if record.value is None:
        words = "Passed: a tombstone, which deletes the row of its key where rows have keys."
    if taker.kind in LAKES and not is_canary and record.value is not None:
        return _in_an_hour(taker, hour_of(at))
    return Step(taker.name, "ok", words, place=_by_position(taker), link=taker.link, is_store=True)


def hour_of(moment: datetime) -> datetime:
    """The hour that it lies in, UTC: lakes file an event by when it was received."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _in_an_hour(taker: Taker, begin: datetime) -> Step:
    words = f"Stored in the hour {begin:%H}:00"
    stored = Step(taker.name, "ok", f"{words}.", place=_by_position(taker), link=taker.link, is_store=True)
    if taker.hour == "open":
        words += f", which ends at {begin + _HOUR:%H:%M} and waits for late events. Nothing is wrong."
        return replace(stored, state="info", words=words, word=WAITS_FOR_ITS_HOUR)
    if taker.hour == "late":
        return replace(
            stored, state="warn", words=f"{words}, which is not complete. {taker.why_late}".strip(), word="Hour is late"
        )
    return replace(stored, words=f"{words}, which is complete.") if taker.hour == "complete" else stored


def _by_position(taker: Taker) -> str:
    return f"position {figures.thin(taker.next_offset)}"


_WAITING: Mapping[str, tuple[State, str, str]] = {
    "stopped": ("fail", "Stopped", "Resume the connector"),
    "retrying": ("fail", "Can't write", "See the cause"),
    "paused": ("paused", "Paused", "Resume the connector"),
    "left": ("fail", STANDS_STILL, "See the platform's parts"),
}


def _waiting(taker: Taker, record: Record) -> Step:
    """Not taken yet: by a connector that is held back, or one that is on its way."""
    state, word, remedy = _WAITING.get(taker.state, ("info", "Waiting", "See the connector"))
    words = [f"{taker.trouble}" if taker.trouble else ""]
    place = ""
    if taker.next_offset is not None:
        ahead = record.offset - taker.next_offset
        words.append(f"{figures.thin(ahead)} record{'s' if ahead != 1 else ''} wait{'' if ahead != 1 else 's'} before it.")
        place = _by_position(taker)
    else:
        words.append(_BEGINS if taker.is_on_partition else _NOT_THERE)
    if taker.waits_seconds and state == "info":
        words.append(f"The oldest has waited for {figures.age(taker.waits_seconds)}.")
    words.append("Nothing is lost.")
    told = " ".join(one for one in words if one)
    link = "/overview#parts" if taker.state == "left" else taker.link
    return Step(taker.name, state, told, taker.since, place, word, link, remedy, taker.code, is_store=True)


_BEGINS = "It has not written anything of this partition yet."
_NOT_THERE = "It does not read this topic yet: the watcher finds new topics within seconds."
