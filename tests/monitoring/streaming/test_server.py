"""The role's answers over a log in memory: streams to the byte, filters, resumption, limits, and everything beside them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import orjson
import pytest

from eventplatform.broker.base import Log
from eventplatform.broker.memory import MemoryLog
from monitoring.streaming.client import Limits
from monitoring.streaming.places import Caps
from tests.monitoring.streaming.rig import Follower, Rig, event, produce, served, stream, wait_until


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog()
    for name in ("pages", "eqiad.edits", "codfw.edits"):
        made.create_topic(name)
    return made


@pytest.fixture
def rig(log: MemoryLog) -> Iterator[Rig]:
    edits = stream("edits", topics=("eqiad.edits", "codfw.edits", "later.edits"), stream_aliases=["e"])
    with served(log, stream("pages"), edits, stream("none.yet")) as made:
        yield made


def test_stream__of_one_event__as_eventstreams_writes_it(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages") as client:
        produce(log, "pages", [event(1)], timestamp_ms=1_700_000_000_000)

        assert client.answer.getheader("content-type") == "text/event-stream; charset=utf-8"
        assert client.answer.getheader("access-control-allow-origin") == "*"
        assert client.answer.getheader("content-encoding") is None
        assert "no-cache" in str(client.answer.getheader("cache-control"))
        assert client.answer.readline() == b":ok\n"
        assert client.answer.readline() == b"\n"
        assert client.answer.readline() == b"retry: 3000\n"
        assert client.answer.readline() == b"\n"
        assert client.answer.readline() == b"event: message\n"
        said, name, data = client.answer.readline(), client.answer.readline(), client.answer.readline()
        assert said.startswith(b'id: [{"topic":"pages","partition":0,"offset":1,"timestamp":1700000000000,"log":"')
        assert name.startswith(b'data: {"$schema":"/sample/page/1.0.0","meta":{"stream":"pages"')
        assert orjson.loads(name[6:])["meta"] == {
            "stream": "pages", "id": "id-1", "domain": "en.wikipedia.org", "topic": "pages", "partition": 0, "offset": 0
        }  # fmt: skip
        assert data == b"\n"


def test_stream__accepts_json_first__lines_behind_an_empty_one(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages", Accept="application/json") as client:
        produce(log, "pages", [event(1), event(2)])

        assert client.answer.getheader("content-type") == "application/json; charset=utf-8"
        assert client.answer.readline() == b"\n"
        assert [one["n"] for one in client.lines(2)] == [1, 2]


def test_stream__several_topics_by_alias__id_names_all_that_exist(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/e,pages") as client:
        produce(log, "codfw.edits", [event(5)])

        (message,) = client.named(1)
        assert [part["topic"] for part in message.id] == ["codfw.edits", "eqiad.edits", "pages"]
        assert [part["offset"] for part in message.id] == [1, 0, 0]


def test_stream__canaries__only_on_wish(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages") as plain, rig.follow("/v2/stream/pages?canaries=true") as all_of_them:
        produce(log, "pages", [event(1, domain="canary"), event(2)])

        assert plain.numbers(1) == [2]
        assert all_of_them.numbers(2) == [1, 2]


def test_stream__filter_and_fields__on_the_server(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages?filter=n>=2&filter=meta.domain^=en.&fields=n,meta.id") as client:
        produce(log, "pages", [event(1), event(2, domain="de.wikipedia.org"), event(3)])

        assert client.events(1) == [{"n": 3, "meta": {"id": "id-3"}}]


def test_stream__records_that_are_no_events__passed_over(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages") as client:
        produce(log, "pages", [None, b"no json", b"[1]", b'"x"', b'{"$schema":"/unknown/1.0.0"}', event(1)])

        assert client.events(1)[0]["meta"]["offset"] == 5


def test_since__past_events__then_those_that_come(rig: Rig, log: Log) -> None:
    produce(log, "pages", [event(n) for n in range(5)], timestamp_ms=1000)
    produce(log, "pages", [event(n) for n in range(5, 10)], timestamp_ms=2000)

    with rig.follow("/v2/stream/pages?since=1500") as client:
        assert client.numbers(5) == [5, 6, 7, 8, 9]
        produce(log, "pages", [event(10)])
        assert client.numbers(1) == [10]


def test_last_event_id__goes_on_behind_it__without_gap_or_repetition(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages") as client:
        produce(log, "pages", [event(n) for n in range(3)], timestamp_ms=1000)
        assert client.numbers(2) == [0, 1]
        known = client.last_id
    produce(log, "pages", [event(n) for n in range(3, 600)], timestamp_ms=1000)

    with rig.follow("/v2/stream/pages?since=0", Last_Event_ID=known) as client:
        assert client.numbers(598) == list(range(2, 600))


def test_last_event_id__of_eventstreams_by_timestamp__understood(rig: Rig, log: Log) -> None:
    produce(log, "pages", [event(1)], timestamp_ms=1000)
    produce(log, "pages", [event(2)], timestamp_ms=2000)

    with rig.follow("/v2/stream/pages", Last_Event_ID='[{"topic":"pages","partition":0,"timestamp":1001}]') as client:
        assert client.numbers(1) == [2]


def test_last_event_id__what_retention_took__is_told(rig: Rig, log: MemoryLog) -> None:
    produce(log, "pages", [event(n) for n in range(5)], timestamp_ms=1000)
    produce(log, "pages", [event(5)], timestamp_ms=9000)
    log.alter_topic("pages", retention_ms=0)
    log.apply_retention(now_ms=5000)

    with rig.follow("/v2/stream/pages", Last_Event_ID='[{"topic":"pages","partition":0,"offset":2}]') as client:
        named = client.named(2)

    assert (named[0].name, named[0].data["count"], named[0].data["reason"]) == ("dropped", 3, "retention")
    assert named[1].data["n"] == 5


def test_stream__topic_made_anew__clients_are_ended_and_go_on_in_the_new_one(log: MemoryLog) -> None:
    with served(log) as rig, rig.follow("/v2/stream/pages") as client:
        produce(log, "pages", [event(1)])
        assert client.numbers(1) == [1]
        known = client.last_id
        log.delete_topic("pages")
        log.create_topic("pages")
        produce(log, "pages", [event(7)], timestamp_ms=time.time_ns() // 1_000_000 + 5)

        (end,) = [one for one in client.messages() if one.name]
        assert (end.name, end.data["reason"]) == ("end", "log")
        with rig.follow("/v2/stream/pages", Last_Event_ID=known) as again:
            assert again.numbers(1) == [7]


def test_stream__silence__heartbeat_carries_the_id_of_what_was_looked_at(log: MemoryLog) -> None:
    with served(log, limits=Limits(heartbeat_seconds=0.2)) as rig, rig.follow("/v2/stream/pages?filter=n=99") as client:
        produce(log, "pages", [event(n) for n in range(3)])

        beat = next(one for one in client.messages() if one.comment == "heartbeat" and one.id[0]["offset"] == 3)

    assert (beat.name, beat.data) == ("", None)


def test_stream__after_its_time__ends_politely_with_the_id_to_go_on_from(log: MemoryLog) -> None:
    with served(log, limits=Limits(age_seconds=0.5)) as rig, rig.follow("/v2/stream/pages") as client:
        produce(log, "pages", [event(1)])
        *_, end = client.messages()

        assert (end.name, end.data["reason"]) == ("end", "age")
        assert end.data["resume"][0]["offset"] == 1
        wait_until(lambda: rig.server.service.places.taken == 0)


def test_stream__server_stops__clients_are_told(log: MemoryLog) -> None:
    with served(log) as rig:
        client = Follower(rig.port, "/v2/stream/pages")
        assert client.answer.readline() == b":ok\n"
        rig.stop()

        *_, end = client.messages()
        assert (end.name, end.data["reason"]) == ("end", "stopping")
        rig.stop = lambda: None  # type: ignore[method-assign]  # it is already
        client.close()


def test_stream__over_http_1_0__without_chunks(rig: Rig, log: Log) -> None:
    with socket.create_connection(("127.0.0.1", rig.port), timeout=10) as raw:
        raw.sendall(b"GET /v2/stream/pages HTTP/1.0\r\n\r\n")
        wait_until(lambda: rig.clients() == 1)
        produce(log, "pages", [event(1)])
        text = b""
        while b'"n":1' not in text:
            text += raw.recv(65536)

    assert b"transfer-encoding" not in text
    assert b"\r\n\r\n:ok\n\nretry: 3000\n\nevent: message\n" in text


@pytest.mark.parametrize(
    ("path", "status", "kind", "title", "detail"),
    [
        ("/v2/stream/x,pages,y", 400, "not_found", "Stream Not Found", "Invalid streams: x,y"),
        ("/v2/stream/", 400, "not_found", "Stream Not Found", "Invalid streams: "),
        ("/v2/stream/pages?since=soon", 400, "invalid_timestamp", "Invalid timestamp", "soon"),
        ("/v2/stream/none.yet", 404, "not_found", "Topic Not Found", "none.yet"),
        ("/v2/stream/pages?filter=x", 400, "bad_request", "Invalid filter", "x"),
        ("/v2/stream/pages?fields=a..b", 400, "bad_request", "Invalid fields", "a..b"),
        ("/v2/stream/" + ",".join(f"s{n}" for n in range(51)), 400, "bad_request", "Bad Request", "50"),
        ("/%ff%00?%ff", 404, "not_found", "Not Found", "nothing"),
        ("/nowhere", 404, "not_found", "Not Found", "nothing"),
    ],
)
def test_refusal__before_the_stream__problem_with_code_and_remedy(  # noqa: PLR0917  # a table's columns
    rig: Rig, path: str, status: int, kind: str, title: str, detail: str
) -> None:
    found, headers, body = rig.get(path)

    said = orjson.loads(body)
    assert (found, said["status"], said["type"], said["title"]) == (status, status, kind, title)
    assert detail in said["detail"]
    assert (said["method"], said["uri"]) == ("GET", path)
    assert said["code"].startswith("stream_out.")
    assert said["remedy"]
    assert headers["access-control-allow-origin"] == "*"


def test_refusal__bad_last_event_id__400(rig: Rig) -> None:
    status, _, body = rig.get("/v2/stream/pages", Last_Event_ID='[{"topic":"codfw.edits","partition":0,"offset":1}]')

    assert status == 400
    assert orjson.loads(body)["code"] == "stream_out.bad_last_event_id"


def test_caps__address_then_process__429_and_503_with_retry_after(log: MemoryLog) -> None:
    with served(log, caps=Caps(process=3, address=2)) as rig:
        rig.footing.callers["Bearer a"] = rig.footing.callers.get("", type(rig.footing.caller("", ""))(user=1))
        with rig.follow("/v2/stream/pages"), rig.follow("/v2/stream/pages"):
            status, headers, body = rig.get("/v2/stream/pages")
            assert (status, headers["retry-after"]) == (429, "30")
            assert orjson.loads(body)["title"] == "Too Many Concurrent Connections From Your Client IP"
            with rig.follow("/v2/stream/pages", Authorization="Bearer a"):
                status, headers, body = rig.get("/v2/stream/pages", Authorization="Bearer a")
                assert (status, headers["retry-after"]) == (503, "30")
                assert orjson.loads(body)["code"] == "stream_out.full"
        wait_until(lambda: rig.server.service.places.taken == 0)
        with rig.follow("/v2/stream/pages"):
            pass


@pytest.mark.slow
def test_slow_client__loses_the_oldest_and_is_told__others_lose_nothing(log: MemoryLog) -> None:
    with served(log, limits=Limits(queue_bytes=100_000)) as rig:
        with rig.follow("/v2/stream/pages") as slow, rig.follow("/v2/stream/pages") as quick:
            for begin in range(0, 3000, 100):
                produce(log, "pages", [event(n, text="x" * 3000) for n in range(begin, begin + 100)])
                assert quick.numbers(100) == list(range(begin, begin + 100))

            got: list[int] = []
            lost = []
            for message in slow.messages():
                if message.name == "dropped":
                    lost.append((message.data["count"], message.data["resume"][0]["offset"], len(got)))
                elif message.name == "message":
                    got.append(message.data["n"])
                if got and got[-1] == 2999:
                    break

        assert got == sorted(set(got))
        assert lost
        assert sum(count for count, _, _ in lost) == 3000 - len(got)
        count, resume, before = lost[0]
        assert got[before - 1] == resume - 1  # the id to go on from is the one behind the last event before the gap
        assert got[before] == resume + count


def test_client__killed__is_freed_and_its_partition_read_no_more(rig: Rig) -> None:
    with rig.follow("/v2/stream/pages"):
        wait_until(lambda: rig.clients() == 1)
        assert rig.server.service.hub.wanted()

    wait_until(lambda: rig.clients() == 0 and not rig.server.service.hub.wanted())
    assert rig.server.service.places.taken == 0


def test_client__that_reads_nothing__is_cut_off(log: MemoryLog) -> None:
    with served(log, limits=Limits(stall_seconds=0.5, queue_bytes=10_000)) as rig, rig.follow("/v2/stream/pages") as stuck:
        assert stuck.answer.status == 200
        for _ in range(60):
            produce(log, "pages", [event(n, text="x" * 5000) for n in range(50)])

        wait_until(lambda: rig.clients() == 0)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"GET /\xff HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"302"),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 80_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_connection__no_request__refused_and_closed(rig: Rig, raw: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", rig.port), timeout=10) as client:
        client.sendall(raw)
        answer = b""
        while part := client.recv(65536):
            answer += part

    assert answer.split(b" ")[1] == status


@pytest.mark.parametrize(
    ("path", "status", "begins"),
    [
        ("/", 302, b""),
        ("/?spec", 200, b'{"openapi":"3.0.0"'),
        ("/?doc", 200, b"<!doctype html>"),
        ("/v2/ui", 200, b"<!doctype html>"),
        ("/v2/ui/stream.js", 200, b"//"),
        ("/v2/ui/stream.css", 200, b"/*"),
        ("/v2/ui/tokens.css", 200, b""),
        ("/_info", 200, b'{"name":"eventplatform-streams"'),
        ("/_info/", 200, b'{"name"'),
        ("/_info/name", 200, b'{"name":"eventplatform-streams"}'),
        ("/_info/home", 301, b"Moved"),
        ("/_info/other", 404, b"{"),
        ("/robots.txt", 200, b"User-agent: *\nDisallow: /\n"),
        ("/healthz", 200, b'{"status":"ok"}'),
        ("/readyz", 200, b'{"status":"ok","log":"ok","clients":0}'),
        ("/metrics", 200, b"metrics"),
    ],
)
def test_address__beside_the_streams__answers(rig: Rig, path: str, status: int, begins: bytes) -> None:
    found, headers, body = rig.get(path)

    assert (found, body[: len(begins)]) == (status, begins)
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_page__chosen_stream__names_its_address_and_escapes_what_was_typed(rig: Rig) -> None:
    _, _, body = rig.get("/v2/ui?streams=pages&streams=unknown&filter=a%3D%22%3E%3Cscript%3E&since=5")

    text = body.decode()
    assert 'data-address="/v2/stream/pages?filter=a%3D%22%3E%3Cscript%3E&amp;since=5"' in text
    assert "<script>" not in text.replace('<script src="/v2/ui/stream.js" defer></script>', "")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v2/stream/pages", 405),
        ("POST", "/", 405),
        ("HEAD", "/v2/stream/pages", 200),
        ("OPTIONS", "/v2/stream/pages", 204),
    ],
)
def test_method__other_than_get__answered(rig: Rig, method: str, path: str, status: int) -> None:
    found, headers, body = rig.request(method, path)

    assert found == status
    assert headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert bool(body) is (status == 405)
    wait_until(lambda: rig.server.service.places.taken == 0)


def test_readyz__no_configuration__503(rig: Rig) -> None:
    rig.footing.is_ready = False

    assert rig.get("/readyz")[0] == 503
