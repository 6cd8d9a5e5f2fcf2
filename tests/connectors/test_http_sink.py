"""Webhooks that misbehave: slow, busy, choosy, gone, moved inside; every record arrives once, or is set aside once."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from connectors.delivery import Delivery, Source
from connectors.sinks import http
from connectors.sinks.base import StoreDeniedError, StoreUnavailableError, Surroundings, UpsertUnsupportedError, WriteBatch
from connectors.steering import Steering
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.records import Record, TopicPartition
from eventplatform.outbound import kept
from tests.own_tables import with_own_tables

pytestmark = pytest.mark.slow

WHERE = TopicPartition("page.view", 0)
SOURCE = Source("page.view", WHERE, "i1", "cluster")
SECRET = base64.b64encode(b"k" * 32).decode()

Answering = Callable[[list[dict[str, Any]]], tuple[int, dict[str, str], bytes]]


class Receiver(ThreadingHTTPServer):
    """Answers as `answering` says, and keeps what it took."""

    daemon_threads = True

    def __init__(self, answering: Answering) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answering = answering
        self.requests: list[dict[str, str]] = []
        self.taken: list[int] = []
        self.connections = 0
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """A client that waited no longer is no news."""

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_words: object) -> None:
        """Nothing on stderr."""

    def do_HEAD(self) -> None:
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(dict(self.headers))
        events = [one.get("data", one) for one in (body if isinstance(body, list) else [body])]
        status, headers, said = self.server.answering(events)
        if status // 100 == 2:
            self.server.taken += [event["n"] for event in events]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)


def taking(_events: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
    return 204, {}, b""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver(taking)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def make(receiver: Receiver, postgres_url: str) -> Iterator[Callable[..., http.HttpSink]]:
    around = Surroundings(database_url=with_own_tables(postgres_url), private_hosts=("127.0.0.1",))
    opened: list[http.HttpSink] = []

    def make(target: dict[str, Any] | None = None, **options: Any) -> http.HttpSink:
        url = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
        sink = http.HttpSink("c1", http.Target(**{"url": url, **(target or {})}), http.Options(**options))
        sink.around = around
        sink.open()
        opened.append(sink)
        return sink

    yield make
    for sink in opened:
        sink.close()


def records(*numbers: int) -> list[Record]:
    event = {"meta": {"dt": "2026-11-26T01:02:03Z"}}
    return [
        Record(*WHERE, offset, 0, None, json.dumps({**event, "n": number}).encode()) for offset, number in enumerate(numbers)
    ]


def deliver(sink: http.HttpSink, given: list[Record]) -> list[DeadLetter]:
    """As a slice does; what was set aside."""
    letters: list[DeadLetter] = []
    delivery = Delivery(
        connector="c1",
        sink=sink,
        source=SOURCE,
        stored=sink.position(WHERE),
        find_schema=lambda _: None,
        set_aside=letters.extend,
    )
    delivery.handle(given)
    delivery.flush(len(given))
    return letters


def test_deliver__signed_with_headers_and_login__on_one_connection(
    receiver: Receiver, make: Callable[..., http.HttpSink]
) -> None:
    target = {"signing_secret": f"whsec_{SECRET}", "token": "t0ken", "headers": {"X-Source": "events"}}
    sink = make(target, format="single")

    deliver(sink, records(*range(5)))

    assert receiver.taken == [0, 1, 2, 3, 4]
    assert receiver.connections == 1
    sent = receiver.requests[0]
    assert (sent["Authorization"], sent["X-Source"], sent["webhook-id"]) == ("Bearer t0ken", "events", "page~view:0:i1:0")
    assert sent["webhook-signature"].startswith("v1,")


def test_deliver__poison_among_many__set_aside_once_and_the_rest_taken(
    receiver: Receiver, make: Callable[..., http.HttpSink]
) -> None:
    receiver.answering = lambda events: (
        (422, {}, b"secret words") if any(one["n"] in {13, 77} for one in events) else (204, {}, b"")
    )

    letters = deliver(make(), records(*range(100)))

    assert sorted(letter.offset for letter in letters) == [13, 77]
    assert {letter.code for letter in letters} == {"sink.record_refused"}
    assert all("secret words" not in letter.message for letter in letters)
    assert sorted(receiver.taken) == [number for number in range(100) if number not in {13, 77}]


@pytest.mark.parametrize("shape", ["single", "json"])
def test_deliver__receiver_that_tells_which__others_are_not_sent_again(
    shape: str, receiver: Receiver, make: Callable[..., http.HttpSink]
) -> None:
    def answering(events: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        if shape == "single":
            return (422 if events[0]["n"] == 3 else 200), {}, b""
        bad = [{"id": f"page~view:0:i1:{one['n']}", "status": 422} for one in events if one["n"] == 3]
        return 207, {}, json.dumps({"results": bad}).encode()

    receiver.answering = answering

    letters = deliver(make(format=shape), records(*range(6)))

    assert [letter.offset for letter in letters] == [3]
    assert [number for number in receiver.taken if number != 3] == [0, 1, 2, 4, 5]


def test_write__busy_receiver__retriable_after_what_it_says_then_the_same_ids(
    receiver: Receiver, make: Callable[..., http.HttpSink]
) -> None:
    receiver.answering = lambda _: (503, {"Retry-After": "17"}, b"")
    sink = make()
    with pytest.raises(StoreUnavailableError) as caught:
        deliver(sink, records(0, 1))
    receiver.answering = taking

    deliver(sink, records(0, 1))

    assert caught.value.retry_after_seconds == 17
    assert len({request["webhook-id"] for request in receiver.requests}) == 1
    assert receiver.taken == [0, 1]


@pytest.mark.parametrize("status", [302, 401, 403, 404])
def test_write__turned_away__nothing_lost_or_set_aside(
    status: int, receiver: Receiver, make: Callable[..., http.HttpSink]
) -> None:
    receiver.answering = lambda _: (status, {"Location": "http://169.254.169.254/"}, b"")
    sink = make({"password": "s3cr3t", "user": "u"})

    with pytest.raises(StoreDeniedError) as caught:
        deliver(sink, records(0))

    assert sink.position(WHERE) is None
    assert len(receiver.requests) == 1
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


def test_write__slow_receiver__retriable_at_the_deadline(receiver: Receiver, make: Callable[..., http.HttpSink]) -> None:
    def slow(_events: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        time.sleep(1)
        return 204, {}, b""

    receiver.answering = slow
    began = time.monotonic()

    with pytest.raises(StoreUnavailableError):
        deliver(make(timeout_seconds=0.2), records(0))

    assert time.monotonic() - began < 0.8


def test_write__answer_without_end__is_cut(
    receiver: Receiver, make: Callable[..., http.HttpSink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_MAX_ANSWER_BYTES", 1000)
    receiver.answering = lambda _: (200, {}, b"x" * 100_000)

    deliver(make(), records(0))

    assert receiver.taken == [0]


def test_write__host_that_leads_inside_by_now__stops_without_a_dead_letter(
    receiver: Receiver, make: Callable[..., http.HttpSink], monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = {"hooks.example.org": ["93.184.215.14"]}
    monkeypatch.setattr(
        kept.KeptConnection.__init__, "__kwdefaults__", {"resolve": lambda host, _: addresses[host], "ssl_context": None}
    )
    sink = make({"url": f"http://hooks.example.org:{receiver.server_address[1]}/"})
    addresses["hooks.example.org"] = ["127.0.0.1"]

    with pytest.raises(http.WebhookAddressError):
        deliver(sink, records(0))

    assert receiver.connections == 0
    assert sink.position(WHERE) is None


def test_check__whatever_the_server_answers__reached(receiver: Receiver, make: Callable[..., http.HttpSink]) -> None:
    make().check()

    assert receiver.connections == 1
    assert receiver.taken == []


def test_check__nobody_there__says_so(make: Callable[..., http.HttpSink]) -> None:
    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1 can't be reached"):
        make({"url": "http://127.0.0.1:9/"}).check()


def test_write__upsert__refused(make: Callable[..., http.HttpSink]) -> None:
    with pytest.raises(UpsertUnsupportedError):
        make().write(WriteBatch("s", WHERE, None, SOURCE.position(1), (), (), Steering(is_upsert=True)))
