"""Traces go on from a client's `traceparent` over intake and record to the store; without a collector there is nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from celery import shared_task
from django.test import Client

from connectors.tracing import TracedDelivery
from eventplatform import env, tracing
from eventplatform.broker import open_log
from eventplatform.core.records import Record, TopicPartition
from intake.tracing import TracedIntake
from tests.connectors.test_delivery import SOURCE, PickySink, record
from tests.contracts.intake_doors import GOOD, LaneDoor, ObedientProducer
from tests.intake.serving import serving
from tests.intake.test_life import EVENT, client, wait_for
from tests.intake.test_security_rows import Door
from tests.observing.receiver import Receiver, facts, receiving

pytest_plugins = ["tests.intake.test_life"]

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = f"00-{TRACE}-{SPAN}-01"

IMPORTED = """
import sys, django
from eventplatform import env
env.use_settings()
django.setup()
from eventplatform import tracing
from intake import runtime, lane
from connectors import slices
import eventplatform.celery
with tracing.span("x") as told:
    told.tell(a=1)
# redis-py imports the API and the SDK's metrics for itself wherever they are installed
ours = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto", "intake.tracing", "connectors.tracing")
print(sorted(name for name in sys.modules if name.startswith(ours)))
"""


@pytest.fixture
def receiver(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Collects the spans of this process."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with receiving() as found:
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = found.url
        tracing._made = None
        yield found
        tracing.stop()


class TracedDoor(Door):
    def __init__(self) -> None:
        super().__init__()
        self.producer = ObedientProducer(self.log)
        self.traced = TracedIntake(configuration=lambda: self.configuration, producer=self.producer)
        self.intake = self.traced
        self.lane = LaneDoor(self.intake)

    def record(self) -> Record:
        return self.log.reader().read(TopicPartition("test.event", 0), 0).records[0]


def arrived(receiver: Receiver, name: str) -> Any:
    wait_for(lambda: receiver.named(name), seconds=10)
    return receiver.named(name)[0]


def test_off__nothing_of_traces_is_imported() -> None:
    told = subprocess.run(
        [sys.executable, "-c", IMPORTED],
        cwd=env.ROOT,
        env=env.child({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}),
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip().splitlines()[-1] == "[]"


def test_intake__client_sends_traceparent__span_and_record_go_on_from_it(receiver: Receiver) -> None:
    door = TracedDoor()

    door.post(GOOD, {**GOOD, "test": 17}, traceparent=SENT, x_request_id="req-1")

    span = arrived(receiver, "intake")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, SPAN)
    assert facts(span) == {"service": "", "request_id": "req-1", "events": 2, "not_kept": 1}
    assert span.status.message == "event.invalid"
    assert door.record().header("traceparent") == f"00-{TRACE}-{span.span_id.hex()}-01".encode()


@pytest.mark.parametrize("sent", ["", "00-xyz", SENT + "0" * 500, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_intake__traceparent_that_says_nothing__trace_of_its_own(receiver: Receiver, sent: str) -> None:
    door = TracedDoor()

    door.post(GOOD, traceparent=sent)

    span = arrived(receiver, "intake")
    assert span.parent_span_id == b""
    assert (door.record().header("traceparent") or b"").startswith(f"00-{span.trace_id.hex()}-{span.span_id.hex()}-".encode())


def test_intake__whole_body_refused__span_says_so_and_is_forgotten(receiver: Receiver) -> None:
    door = TracedDoor()

    door.post(GOOD, content_type="image/png")

    assert arrived(receiver, "intake").status.message.startswith("body.")
    assert door.traced._spans == {}


def test_delivery__batch__links_to_the_requests_that_brought_it(receiver: Receiver) -> None:
    header = (("traceparent", SENT.encode()),)
    records = [Record(*SOURCE.where, n, 0, None, record(n).value, header if n < 2 else ()) for n in range(3)]
    aside: list[Any] = []
    delivery = TracedDelivery(
        connector="c", sink=PickySink(), source=SOURCE, stored=None, find_schema=lambda _: None, set_aside=aside.extend
    )
    delivery.handle(records)

    delivery.flush(3)

    span = arrived(receiver, "write c")
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in span.links] == [(TRACE, SPAN)]
    assert facts(span) == {"connector": "c", "stream": "test.event", "records": 3}


def test_web__request__span_by_pattern_not_by_address(receiver: Receiver, client: Client) -> None:
    client.get("/healthz", headers={"traceparent": SENT})

    span = arrived(receiver, "web GET")
    assert span.trace_id.hex() == TRACE
    assert facts(span) == {"route": "healthz", "status": 200}


@shared_task
def fails(secret: str) -> None:
    raise ValueError(secret)


def test_task__fails__span_without_its_words(receiver: Receiver) -> None:
    fails.apply(("s3cr3t",))

    span = arrived(receiver, f"task {fails.name}")
    assert "s3cr3t" not in str(span)


def test_collector_away__request_is_answered_all_the_same(settings: Any) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:9"
    tracing._made = None
    door = TracedDoor()

    door.post(GOOD)

    assert door.record().header("traceparent")
    tracing.stop()


@pytest.mark.slow
def test_real_intake__client_sends_traceparent__collector_and_log_have_it(configured: dict[str, str]) -> None:
    with receiving() as receiver:
        own = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "50", "ROLE": "intake"}
        with (
            serving("eventplatform.asgi:application", "asgi", {**configured, **own}) as port,
            client(port) as intake,
            open_log(configured["EVENT_LOG_URL"]) as log,
        ):
            place = TopicPartition("life.event", 0)
            begin = log.end_offsets([place]).get(place, 0)  # other tests of the same log's came before
            answer = intake.post("/v1/events", json=EVENT, headers={"traceparent": SENT})
            span = arrived(receiver, "intake")
            stored = log.reader().read(place, begin).records[0]

    assert answer.status_code == 201
    assert receiver.services == {"eventplatform-intake"}
    assert span.trace_id.hex() == TRACE
    assert stored.header("traceparent") == f"00-{TRACE}-{span.span_id.hex()}-01".encode()
