"""The applications under load: both doors over a hand-made configuration, and what an empty POST costs in their place.

`LOG_UNDER_TEST` names the event log. The memory log forgets what is older than half a second, so that rounds are alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import django

from eventplatform import env

env.use_settings()
django.setup()

from eventplatform.broker import open_log  # noqa: E402  # Django is set up first
from eventplatform.broker.base import Delivery, Log, OnSettled, Producer  # noqa: E402  # likewise
from eventplatform.broker.memory import MemoryLog  # noqa: E402  # likewise
from eventplatform.core.records import NewRecord  # noqa: E402  # likewise
from eventplatform.core.services import Service  # noqa: E402  # likewise
from eventplatform.core.streams import Stream  # noqa: E402  # likewise
from intake import runtime  # noqa: E402  # likewise
from intake.lane import Lane  # noqa: E402  # likewise
from intake.service import Intake  # noqa: E402  # likewise
from registry.schema import documents  # noqa: E402  # likewise
from registry.schema.compiled import Schema  # noqa: E402  # likewise

TITLE, VERSION, STREAM = "page/change", "1.1.0", "bench.page_change"
_FILE = Path("examples/schemas/primary/jsonschema") / TITLE / f"{VERSION}.yaml"
_KEEP_SECONDS = 0.5


@cache
def schema() -> Schema:
    """The schema of the events sent."""
    return Schema(documents.load((env.ROOT / _FILE).read_text()))


def example() -> dict[str, Any]:
    """One event of that schema, addressed to the stream; without an id."""
    event = dict(schema().examples[0])
    event["meta"] = {name: value for name, value in event["meta"].items() if name != "id"} | {"stream": STREAM}
    return event


@dataclass(frozen=True)
class HandMade:
    """A configuration of one stream and one schema."""

    stream: Stream
    revision: int = 1
    services: Mapping[str, Service] = field(default_factory=dict)

    @property
    def streams(self) -> Mapping[str, Stream]:
        """The one stream, and as many others as the measurement wants around it."""
        return {self.stream.name: self.stream, **_others()}

    @property
    def every_stream(self) -> Iterable[Stream]:
        """All of them; there are no patterns."""
        return self.streams.values()

    def find_stream(self, name: str) -> Stream | None:
        """The one stream, or one of the others."""
        return self.stream if name == self.stream.name else _others().get(name)

    def find_schema(self, schema_id: str) -> Schema | None:
        """The one schema."""
        return schema() if schema_id == schema().schema_id else None


@cache
def _others() -> Mapping[str, Stream]:
    names = [f"bench.other_{number}" for number in range(env.number("OTHER_STREAMS", 0))]
    return {name: Stream(name, TITLE, "main", (STREAM,)) for name in names}


class _NoLog(Producer):
    """Takes everything at once and keeps nothing: for measuring the door without a log."""

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        on_settled([Delivery(record.topic, 0, 0) for record in records])

    def flush(self, timeout_seconds: float) -> int:  # noqa: ARG002  # nothing is ever left
        return 0

    def close(self) -> None:
        """Nothing is held."""


def _producer() -> Producer:
    return _NoLog() if env.text("LOG_UNDER_TEST") == "none:" else _open().producer()


def _open() -> Log:
    log = open_log(env.text("LOG_UNDER_TEST", "memory://"))
    if isinstance(log, MemoryLog):
        log.create_topic(STREAM, retention_ms=int(_KEEP_SECONDS * 1000))
        threading.Thread(target=_expire, args=(log,), daemon=True).start()
    else:
        log.create_topic(STREAM)
    return log


def _expire(log: MemoryLog) -> None:
    while True:
        time.sleep(_KEEP_SECONDS)
        log.apply_retention()


@cache
def _intake() -> Intake:
    configuration = HandMade(Stream(STREAM, TITLE, "main", (STREAM,)))
    return Intake(configuration=lambda: configuration, producer=_producer())


class _Runtime:
    def start(self) -> Intake:
        return _intake()

    def stop(self) -> None:
        _intake().close()

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        return True, {"status": "ok"}

    def metrics(self) -> tuple[bytes, str]:
        return b"", "text/plain"


lane = Lane(_Runtime())


def drf(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The DRF door."""
    runtime.intake = _intake
    return _wsgi()(environ, start_response)  # type: ignore[no-any-return]  # Django's handler is untyped


@cache
def _wsgi() -> Any:
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


async def floor_lane(
    scope: MutableMapping[str, Any], receive: Callable[[], Any], send: Callable[[MutableMapping[str, Any]], Any]
) -> None:
    """The least that a POST costs under ASGI: read the body, answer 201."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def floor_drf(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The least that a POST costs under WSGI."""
    while environ["wsgi.input"].read(64 * 1024):
        pass
    start_response("201 Created", [("Content-Length", "0")])
    return [b""]
