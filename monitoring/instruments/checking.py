"""Checks an instrument or a stream: asks what clients are told, reads the last minutes of the log, and judges both."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from eventplatform.broker.base import Log
from eventplatform.core.errors import PlatformError, RetriableError
from eventplatform.core.streams import Stream
from monitoring.instruments import lookups, saying
from monitoring.instruments.evidence import fields
from monitoring.instruments.evidence.deciding import Client, Decision, decide
from monitoring.instruments.evidence.estimating import estimate
from monitoring.instruments.evidence.facts import Facts, Judged, Looked, Refusals, Subject
from monitoring.instruments.evidence.fields import Path
from monitoring.instruments.evidence.judging import Verdict, judge
from monitoring.instruments.evidence.tallying import Tally, Wanted
from monitoring.instruments.saying import Sayings
from monitoring.realtime import reading
from monitoring.realtime.reading import Bounds
from streamconfig.lookups import snapshot
from streamconfig.snapshots import Snapshot

RANGES: Mapping[str, int] = {"5m": 5, "15m": 15, "60m": 60}
USUAL = "15m"
# Some 0.2 s on one core: a page that looks again each ten seconds must not weigh on those who take events.
BOUNDS = Bounds(records=10_000, bytes=16 * 1024 * 1024, seconds=0.4)
FRESH_SECONDS = 1.0
_PATIENCE_SECONDS = 3.0
_LEARNING = 2  # refreshes after which clients know what holds
_MOST_KEPT = 16
_turn = threading.Lock()
_kept: dict[Hashable, tuple[float, Check]] = {}


@dataclass(frozen=True, slots=True)
class Check:
    """All that the page, the API and the command tell."""

    facts: Facts
    verdict: Verdict
    at: datetime

    def decision(self, client: Client) -> Decision:
        """What becomes of an event of that client."""
        told = self.facts.told
        return decide(told.entry, client, told.holding, is_instrument=bool(self.facts.subject.key))


def subject_of(config: Snapshot, key: str) -> Subject:
    """The instrument of that key; without a stream where there is none."""
    one = config.stream_set.instruments.get(key)
    return Subject(one.stream if one else "", key)


class CheckBusyError(RetriableError):
    """Others look at other things, and the log answers slowly."""

    code = "check.log_busy"
    http_status = 429
    message = "Others are reading the log just now."
    remedy = "Ask again in some seconds."


def shared(log: Log, subject: Subject, *, minutes: int, site: str, may_see: bool) -> Check:
    """The same for all who look at it within a second, and one reading at a time in a process, however many look.

    Raises:
        CheckBusyError: the log keeps another one waiting.
    """
    key = (subject, minutes, site, may_see, snapshot().tag)
    if not _turn.acquire(timeout=_PATIENCE_SECONDS):
        raise CheckBusyError
    try:
        found = _kept.get(key)
        if found is None or time.monotonic() - found[0] > FRESH_SECONDS:
            while len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            found = _kept[key] = (time.monotonic(), check(log, subject, minutes=minutes, site=site, may_see=may_see))
        return found[1]
    finally:
        _turn.release()


def check(
    log: Log, subject: Subject, *, minutes: int = RANGES[USUAL], site: str = "", may_see: bool = False, bounds: Bounds = BOUNDS
) -> Check:
    """What is to be known of the subject now, as a client of `site` has it; personal data is masked unless `may_see`."""
    config, now = snapshot(), datetime.now(UTC)
    sayings = Sayings(subject, config)
    told = sayings.told(site)
    stream = config.find_stream(subject.stream) if subject.stream else None
    begin = now - timedelta(minutes=minutes)
    wanted = _wanted(subject, config, stream, sayings, begin, minutes)
    tally = Tally(wanted)
    looked = _read(log, stream, tally, begin, now, bounds) if stream else Looked(begin, now)
    facts = Facts(
        subject=subject,
        minutes=minutes,
        told=told,
        looked=looked,
        tally=tally,
        judged=_judged(tally),
        refusals=lookups.refusals(subject, begin, tells=wanted.tells, may_see=may_see) if stream else Refusals(),
        counts=lookups.counts(subject.stream, begin) if stream else {},
        contextual=_contextual(told.holding if subject.key else None),
        version=str((told.entry or {}).get("schema") or ""),
    )
    return Check(facts, judge(facts), now)


def _wanted(  # noqa: PLR0917  # one caller, right above
    subject: Subject, config: Snapshot, stream: Stream | None, sayings: Sayings, begin: datetime, minutes: int
) -> Wanted:
    schema = config.schemas.latest(stream.schema_title) if stream else None
    document: Mapping[str, Any] = schema.document if schema else {}
    paths = tuple(fields.optional(document, _contextual(sayings.told().holding)))
    since = lookups.held_since(subject, minutes) if stream else None
    settled = since + timedelta(seconds=_LEARNING * sayings.told().refresh_seconds) if since else begin
    own = frozenset(key for key, one in config.stream_set.instruments.items() if one.stream == subject.stream)
    return Wanted(
        key=subject.key,
        tells=fields.declared(document, ("instrument_name",)),
        own=own,
        begin_ms=_ms(begin),
        minutes=minutes,
        settled_ms=_ms(settled),
        places=saying.places(stream, config) if stream else {},
        sample_of=_remembered(sayings),
        paths=paths,
        declares=partial(saying.declares, config, paths),
    )


def _remembered(sayings: Sayings) -> Any:
    """`sample_of`, asked once for a domain: there are many events, and few domains."""
    known: dict[str, Any] = {}

    def sample_of(domain: str) -> Any:
        if domain not in known:
            known[domain] = sayings.sample_of(domain)
        return known[domain]

    return sample_of


def _read(  # noqa: PLR0917  # one caller, further up
    log: Log, stream: Stream, tally: Tally, begin: datetime, now: datetime, bounds: Bounds
) -> Looked:
    topics, begun = stream.topics or (stream.name,), time.monotonic()
    try:
        found = reading.read(log, topics, begin_ms=_ms(begin), end_ms=_ms(now), bounds=bounds, take=tally.take)
    except PlatformError:
        return Looked(begin, now, seconds=time.monotonic() - begun, topics=len(topics), is_away=True)
    return Looked(
        begin=datetime.fromtimestamp(found.begin_ms / 1000, UTC),
        end=now,
        records=found.records,
        left_out=found.left_out,
        seconds=time.monotonic() - begun,
        topics=len(topics),
    )


def _judged(tally: Tally) -> Sequence[Judged]:
    """Each sample that some of the events are meant for, the most frequent first."""
    groups = sorted(tally.groups.items(), key=lambda one: -one[1].events)
    return [
        Judged(sample, group, estimate(group.identifiers, sample[1]), bool(tally.wanted.places.get(sample[0])))
        for sample, group in groups
    ]


def _contextual(holding: Mapping[str, Any] | None) -> Sequence[Path]:
    return [tuple(str(one).split(".")) for one in (holding or {}).get("fields") or ()]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
