"""Sends canaries: one per stream, topic prefix and interval, each in a request of its own through an intake's HTTP door."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from eventplatform import panels
from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.metrics import CANARY_SENT
from eventplatform.core.streams import Stream
from monitoring import canary, lookups, services
from monitoring.models import CanaryRun
from monitoring.posting import NOT_TRIED, SILENT, Answer, Intake
from monitoring.producer import SENDER
from registry.schema.schema_set import SchemaSet
from streamconfig.lookups import snapshot

log = logging.getLogger(__name__)

_ANSWERS_SECONDS = 20.0  # all posts of a tick end by then, or are given up; the paths left over come first in the next one
_TICK_LASTS = timedelta(seconds=40)  # a tick that hangs longer gives way to the next
_LANES = 4  # posts at once to one intake: one that hangs holds up neither its others nor other intakes


@dataclass(frozen=True, slots=True)
class Post:
    """One canary to send: to a stream, through an intake, maybe for a past hour."""

    stream: Stream
    intake: Intake
    example: Mapping[str, Any]
    for_hour: datetime | None = None

    @property
    def topic(self) -> str:
        """Where the intake puts it."""
        return self.stream.topic(self.intake.prefix)


@contextmanager
def opened_intakes() -> Iterator[tuple[Intake, ...]]:
    """The intakes that canaries are posted to, as the settings name them."""
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(Intake(one.url, prefix=one.prefix, service=one.service, headers=headers()))
            for one in settings.CANARY_INTAKES
        )


def send_due(event_log: Log, *intakes: Intake) -> int:
    """Send a canary along every path whose turn it is; the number sent. Of two callers at once one does nothing."""
    if not services.begin_tick(name=SENDER, now=timezone.now(), lasts=_TICK_LASTS):
        return 0
    sent = None
    try:
        sent = _send_due(event_log, intakes)
    finally:
        services.end_tick(name=SENDER, now=timezone.now(), handled=sent)
    return sent


def through(service: str, intakes: Sequence[Intake]) -> dict[str, Intake]:
    """By topic prefix, the intake that takes events of a service: the one named for it, else the one for all."""
    named = {one.prefix: one for one in intakes if one.service == service}
    return {**{one.prefix: one for one in intakes if not one.service}, **named}


def send(posts: Sequence[Post], event_log: Log) -> list[Answer]:
    """Send canaries now, all of them tried before any is judged, and keep what became of each; the answers in order."""
    now = timezone.now()
    ends = _ends(event_log, {post.topic for post in posts})
    runs = services.begin_runs(runs=[_new_run(post, ends.get(post.topic, {})) for post in posts], now=now)
    answers: dict[int, Answer] = {}
    for number, answer in _answers(posts, runs):
        services.record_answer(run=runs[number], answer=answer, now=timezone.now())
        _tell(posts[number], answer)
        answers[number] = answer
    return [answers[number] for number in range(len(posts))]


def headers() -> dict[str, str]:
    """What a canary shows at doors that take no anonymous events; nothing where no intake is installed."""
    key = panels.call("intake.platform_key", default="")
    return {"authorization": f"Bearer {key}"} if key else {}


def _send_due(event_log: Log, intakes: Sequence[Intake]) -> int:
    config, now, interval = snapshot(), timezone.now(), timedelta(seconds=settings.CANARY_INTERVAL_SECONDS)
    streams = [one.stream for one in config.stream_set.entries]  # patterns too: they are shown, with the reason
    services.note_turns(turns=[turn for stream in streams for turn in _turns(stream, config.schemas, intakes)], now=now)
    posts = []
    for name, prefix in lookups.due_canaries(now=now, interval=interval):
        stream = config.streams.get(name)
        intake = through(stream.service, intakes).get(prefix) if stream else None
        example = config.schemas.canary_example(stream.schema_title) if stream else None
        if not (stream and intake and example is not None):
            continue
        if services.claim_turn(stream=name, prefix=prefix, now=now, interval=interval):
            posts.append(Post(stream, intake, example))
    send(posts, event_log)
    return len(posts)


def _turns(stream: Stream, schemas: SchemaSet, intakes: Sequence[Intake]) -> list[services.Turn]:
    why_not = canary.excluded_because(stream, schemas.canary_example(stream.schema_title))
    prefixes = () if why_not else through(stream.service, intakes)
    if not prefixes:
        why_not = why_not or canary.NO_INTAKE
        return [services.Turn(stream.name, service=stream.service, excluded_because=why_not)]
    return [services.Turn(stream.name, prefix, stream.service) for prefix in prefixes]


def _new_run(post: Post, positions: Mapping[int, int]) -> services.NewRun:
    return services.NewRun(
        stream=post.stream.name,
        prefix=post.intake.prefix,
        service=post.stream.service,
        event_id=str(uuid.uuid4()),
        topic=post.topic,
        positions=positions,
        for_hour=post.for_hour,
    )


def _answers(posts: Sequence[Post], runs: Sequence[CanaryRun]) -> Iterator[tuple[int, Answer]]:
    """The answers as they come, each with its number; what has none in time is answered as silent."""
    lanes = {post.intake: ThreadPoolExecutor(_LANES, "canary") for post in posts}
    waiting: dict[Future[Answer], int] = {}
    try:
        for number, (post, run) in enumerate(zip(posts, runs, strict=True)):
            event = canary.build(post.stream.name, post.example, event_id=run.event_id, now=post.for_hour or run.sent_at)
            waiting[lanes[post.intake].submit(post.intake.post, event)] = number
        for future in as_completed(list(waiting), timeout=_ANSWERS_SECONDS):
            yield waiting.pop(future), _answer(future)
    except TimeoutError:
        for future, number in waiting.items():
            yield number, Answer(None, f"No answer within {_ANSWERS_SECONDS:.0f} s.", NOT_TRIED if future.cancel() else SILENT)
    finally:
        for lane in lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)


def _answer(future: Future[Answer]) -> Answer:
    """What came of a post; one that fails in its own words is no answer either."""
    error = future.exception()
    return Answer(None, f"The canary could not be posted: {type(error).__name__}") if error else future.result()


def _tell(post: Post, answer: Answer) -> None:
    CANARY_SENT.labels(post.stream.name, post.intake.prefix, str(answer.status or "none")).inc()
    if not answer.is_accepted:
        facts = {"stream": post.stream.name, "prefix": post.intake.prefix, "status": answer.status, "code": answer.code}
        log.warning("canary.refused", extra=facts)


def _ends(event_log: Log, topics: Collection[str]) -> Mapping[str, Mapping[int, int]]:
    """Where each topic ends now, by partition; empty where the log is away, which the intake will say as well."""
    ends: dict[str, dict[int, int]] = {}
    try:
        found = event_log.end_offsets(partitions_of(event_log.topics(topics))) if topics else {}
    except PlatformError as error:
        log.warning("canary.log_away", extra={"reason": str(error)})
        return {}
    for where, offset in found.items():
        ends.setdefault(where.topic, {})[where.partition] = offset
    return ends
