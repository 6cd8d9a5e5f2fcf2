"""The door as a client and a test see it: answers, what came, waiting, faults."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from eventclient.testing import EventDoor, SchemaFolderError
from eventclient.testing.errors import WaitedInVainError
from tests.clients.python.testing.conftest import FOLDERS, GOOD, SCHEMAS, post

BAD = {**GOOD, "test": 7}


def test_post__good_event__created_empty_and_filled(door: EventDoor) -> None:
    answer = post(door, GOOD)

    assert (answer.status_code, answer.content) == (201, b"")
    [event] = door.good()
    assert event["test"] == "hello"
    assert set(event["meta"]) >= {"stream", "id", "dt"}
    assert door.bad() == []


def test_post__good_and_bad__each_result_with_code_place_and_remedy(door: EventDoor) -> None:
    answer = post(door, [GOOD, BAD])

    assert answer.status_code == 207
    first, second = answer.json()["results"]
    assert (first["result"], second["result"], second["code"], second["pointer"]) == (
        "accepted",
        "invalid",
        "event.invalid",
        "/test",
    )
    assert second["violations"] == [
        {"pointer": "/test", "keyword": "type", "message": "has another type than the schema asks for"}
    ]
    [bad] = door.bad()
    assert (bad.event, bad.code, bad.remedy) == (BAD, "event.invalid", "Mend the named places and send the event again.")


@pytest.mark.parametrize(
    ("event", "code", "pointer"),
    [
        ({**GOOD, "meta": {"stream": "nobody"}}, "stream.unknown", "/meta/stream"),
        ({**GOOD, "meta": {}}, "stream.missing", "/meta/stream"),
        ({"test": "x"}, "stream.missing", "/meta"),
        ({"meta": {"stream": "test.event"}}, "schema.missing", "/$schema"),
        ({**GOOD, "$schema": "/../1.0.0"}, "schema.bad_id", "/$schema"),
        ({**GOOD, "$schema": "/sample/test_event/9.0.0"}, "schema.unknown", "/$schema"),
        ({**GOOD, "meta": {"stream": "ui.button_click"}}, "schema.not_allowed", "/$schema"),
        (7, "event.not_an_object", ""),
    ],
)
def test_post__each_mistake__its_code_and_place(door: EventDoor, event: object, code: str, pointer: str) -> None:
    answer = post(door, [event])

    assert answer.status_code == 400
    [result] = answer.json()["results"]
    assert (result["code"], result["pointer"]) == (code, pointer)
    assert result["remedy"]


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/", "/web/v1/events", "/v1/events?hasty=false"])
def test_post__addresses_of_the_intake__all_taken(door: EventDoor, path: str) -> None:
    assert post(door, GOOD, path).status_code == 201


def test_post__hasty_beacon__taken_as_text_and_judged_all_the_same(door: EventDoor) -> None:
    answer = post(door, json.dumps([GOOD, BAD]).encode(), "/v1/events?hasty=true", content_type="text/plain;charset=UTF-8")

    assert (answer.status_code, answer.content) == (202, b"")
    assert (len(door.good(1)), len(door.bad(1))) == (1, 1)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 400, "body.empty"),
        (b"[]", {}, 400, "body.empty"),
        (b"{", {}, 400, "json.invalid"),
        (b"7", {}, 400, "body.not_events"),
        (b"a=b", {"content_type": "application/x-www-form-urlencoded"}, 415, "body.content_type"),
        (b"x", {"content_encoding": "gzip"}, 400, "body.undecodable"),
        (b"x", {"content_encoding": "br"}, 415, "body.content_encoding"),
        (json.dumps([GOOD] * 1001).encode(), {}, 413, "body.too_many_events"),
        (b" " * (10 * 1024 * 1024 + 1), {}, 413, "body.too_large"),
        (gzip.compress(b" " * (10 * 1024 * 1024 + 1)), {"content_encoding": "gzip"}, 413, "body.too_large"),
    ],
)
def test_post__body_that_is_none__refused_as_a_whole(
    door: EventDoor, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = post(door, body, **headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [(one.event, one.code) for one in door.bad()] == [(None, code)]


def test_post__gzip_lines_and_chunks__read(door: EventDoor) -> None:
    line = json.dumps(GOOD).encode()

    def chunks() -> Iterator[bytes]:
        yield line[:10]
        yield line[10:]

    post(door, gzip.compress(line), content_encoding="gzip")
    post(door, line + b"\n" + line, content_type="application/x-ndjson")
    httpx.post(door.intake_url, content=chunks(), headers={"Content-Type": "application/json"})

    assert len(door.good()) == 4


def test_post__same_id_again__duplicate_and_kept_once(door: EventDoor) -> None:
    event = {**GOOD, "meta": {"stream": "test.event", "id": "one"}}

    post(door, event)
    answer = post(door, event, prefer="return=representation")

    assert (answer.status_code, answer.json()["results"][0]["result"]) == (201, "duplicate")
    assert len(door.good()) == 1


def test_good__not_there_yet__waits_for_it(door: EventDoor) -> None:
    later = threading.Timer(0.1, post, (door, GOOD))
    later.start()

    assert len(door.good(1)) == 1
    later.join()


def test_good__never_comes__fails_and_says_what_came_instead(door: EventDoor) -> None:
    post(door, BAD)

    with pytest.raises(WaitedInVainError, match=r"0 good and 1 bad events came \(event.invalid at /test\), in 1 requests"):
        door.good(1, timeout=0.05)
    with pytest.raises(AssertionError):
        door.wait(2, timeout=0.05)


def test_good__more_than_it_keeps__counted_and_told(
    door: EventDoor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("eventclient.testing.door._MAX_KEPT", 2)
    post(door, [GOOD, GOOD, GOOD, BAD])

    assert (len(door.good(2)), len(door.bad()), door.unkept) == (2, 0, 2)
    assert caplog.text.count("door.full kept=2") == 1
    with pytest.raises(WaitedInVainError, match=r"2 more came than the door keeps: call reset\(\)"):
        door.good(3, timeout=0)

    door.reset()
    post(door, GOOD)

    assert (len(door.good()), door.unkept) == (1, 0)


def test_reset__all_forgotten(door: EventDoor) -> None:
    event = {**GOOD, "meta": {"stream": "test.event", "id": "one"}}
    post(door, [event, BAD])
    door.answer_next(503)

    door.reset()
    answer = post(door, event)

    assert answer.status_code == 201
    assert (len(door.good()), door.bad(), door.requests) == (1, [], 1)


def test_answer_next__fault__told_and_nothing_taken(door: EventDoor) -> None:
    door.answer_next(503, retry_after=7, times=2)
    door.answer_next(207, body={"results": [{"index": 0, "result": "limited"}]})

    answers = [post(door, GOOD) for _ in range(4)]

    assert [one.status_code for one in answers] == [503, 503, 207, 201]
    assert answers[0].headers["retry-after"] == "7"
    assert answers[2].json()["results"][0]["result"] == "limited"
    assert len(door.good()) == 1


def test_answer_next__no_answer__connection_breaks(door: EventDoor) -> None:
    door.answer_next(0)

    with pytest.raises(httpx.TransportError):
        post(door, GOOD)


def test_stop__kept_connection__answers_nobody_and_opens_again_at_its_address(door: EventDoor) -> None:
    with httpx.Client() as client:
        url = door.intake_url
        assert client.post(url, json=GOOD).status_code == 201
        door.stop()
        with pytest.raises(httpx.TransportError):
            client.post(url, json=GOOD)
        door.start()

        assert client.post(url, json=GOOD).status_code == 201


def test_options__asked_by_a_page_elsewhere__allowed(door: EventDoor) -> None:
    answer = httpx.options(door.intake_url)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert post(door, GOOD).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/", "/v1/event", "/a/b/v1/events", "/v1/events/x"])
def test_post__another_address__nothing_there(door: EventDoor, path: str) -> None:
    assert post(door, GOOD, path).status_code == 404


def test_client_document__from_schemas_and_streams__etag_and_new_revision(door: EventDoor) -> None:
    first = httpx.get(f"{door.url}/api/v1/client")
    unchanged = httpx.get(f"{door.url}/api/v1/client", headers={"If-None-Match": first.headers["etag"]})
    door.configure({"ui.button_click": {"schema_title": "ui/button_click", "sample": {"unit": "session", "rate": 0.5}}})
    second = httpx.get(f"{door.url}/api/v1/client", headers={"If-None-Match": first.headers["etag"]})

    stream = first.json()["streams"]["ui.button_click"]
    assert (stream["schema"], stream["service"], stream["sample"]) == ("/ui/button_click/1.2.0", "web", None)
    assert {"meta.id", "dt", "sample.rate", "browser.pageview_id"} <= set(stream["fields"])
    assert first.json()["intakes"]["web"] == f"{door.url}/web/v1/events"
    assert unchanged.status_code == 304
    assert second.json()["revision"] == first.json()["revision"] + 1
    assert second.json()["streams"]["ui.button_click"]["sample"] == {"unit": "session", "rate": 0.5}


def test_door__no_streams_given__takes_any(door: EventDoor) -> None:
    with EventDoor(SCHEMAS / "primary/jsonschema") as anything:
        assert post(anything, {**GOOD, "meta": {"stream": "whatever"}}).status_code == 201


def test_door__schema_that_says_nothing_of_ids__any_id_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/1.0.0.yaml").write_text("type: object\n")
    with EventDoor(tmp_path) as door:
        assert post(door, {"$schema": "/a/b/1.0.0", "meta": {"stream": "s", "id": ["a list"]}}).status_code == 201


def test_door__no_such_folder__said_with_the_remedy() -> None:
    with pytest.raises(SchemaFolderError, match="Name the folder"):
        EventDoor(FOLDERS[0] / "nowhere")
