"""What a webhook is sent, and what its answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connectors.sinks import http
from connectors.sinks.base import (
    Position,
    RecordRefusedError,
    Row,
    RowsRefusedError,
    StoreDeniedError,
    StoreUnavailableError,
    WriteBatch,
)
from connectors.steering import NO_STEERING
from connectors.stores.webhook_answers import WebhookGoneError, require_taken, retry_after
from connectors.stores.webhook_requests import FORMATS, MOST_ROWS, Request, requests, secret_bytes, signature
from eventplatform.core.records import Record, TopicPartition
from eventplatform.outbound import Answer
from tests.contracts.webhook_receiver import ids

WHERE = TopicPartition("page.view", 3)


def row(offset: int, **fields: Any) -> Row:
    event = {"$schema": "/page/view/1.2.0", "meta": {"dt": "2026-11-26T01:02:03Z"}, "n": offset, **fields}
    return Row(Record(*WHERE, offset, 1_000, None, orjson.dumps(event)), event)


def batch(*offsets: int) -> WriteBatch:
    after = Position(offsets[-1] + 1, "inc.1", "cluster")
    return WriteBatch("page.view", WHERE, None, after, [row(offset) for offset in offsets])


def made(*offsets: int, shape: str = "json") -> list[Request]:
    return list(requests(batch(*offsets), batch(*offsets).rows, shape))


@pytest.mark.parametrize(
    ("offsets", "named"),
    [((5,), "5"), ((5, 6, 7), "5-7"), ((5, 6, 9), "5-6,9"), ((1, 3, 5), "1,3,5")],
)
def test_requests__id__names_each_record_without_a_dot(offsets: tuple[int, ...], named: str) -> None:
    (request,) = made(*offsets)

    assert request.id == f"page~view:3:inc~1:{named}"
    assert list(ids(request.id)) == [f"page~view:3:inc~1:{offset}" for offset in offsets]


def test_requests__one_record_in_batches_of_every_size__has_one_id() -> None:
    by_size = [
        {one for request in made(*range(start, start + size)) for one in ids(request.id)}
        for start, size in ((0, 9), (3, 2), (4, 1))
    ]

    assert set.intersection(*by_size) == {"page~view:3:inc~1:4"}


def test_requests__many_rows__several_with_short_headers() -> None:
    several = made(*range(10**9, 10**9 + 4 * MOST_ROWS, 2))

    assert [len(request.rows) for request in several] == [MOST_ROWS, MOST_ROWS]
    assert all(len(request.id) < 4000 for request in several)


def test_requests__formats__hold_the_events() -> None:
    events = [one.event for one in batch(1, 2).rows]

    assert json.loads(made(1, 2)[0].body) == events
    assert [json.loads(line) for line in made(1, 2, shape="ndjson")[0].body.splitlines()] == events
    assert [json.loads(one.body) for one in made(1, 2, shape="single")] == events
    assert [one.id for one in made(1, 2, shape="single")] == ["page~view:3:inc~1:1", "page~view:3:inc~1:2"]
    assert json.loads(made(1, 2, shape="cloudevents")[0].body)[0] == {
        "specversion": "1.0",
        "id": "page~view:3:inc~1:1",
        "source": "/page.view/3",
        "type": "page/view",
        "time": "2026-11-26T01:02:03Z",
        "datacontenttype": "application/json",
        "sequence": "00000000000000000001",
        "data": events[0],
        "dataschema": "/page/view/1.2.0",
    }
    assert {content_type for _, content_type in FORMATS.values()} == {
        "application/cloudevents-batch+json",
        "application/json",
        "application/x-ndjson",
    }


def test_signature__two_secrets__either_verifies() -> None:
    (request,) = made(1)
    keys = [b"n" * 24, b"o" * 32]

    headers = signature(request, keys, 1_700_000_000)

    signed = b"page~view:3:inc~1:1.1700000000." + request.body
    expected = [f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}" for key in keys]
    assert headers["webhook-signature"].split() == expected
    assert headers["webhook-timestamp"] == "1700000000"
    assert "webhook-signature" not in signature(request, [], 1)


def test_signature__example_of_the_standard__the_same() -> None:
    """From the test vectors of the libraries of Standard Webhooks."""
    key = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert key is not None
    request = Request("msg_p5jXN8AQM9LWM0D4loKWxJek", [], b'{"test": 2432232314}', "application/json")

    headers = signature(request, [key], 1614265330)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def answered(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, orjson.dumps(body or {}))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_answer__good__taken(status: int) -> None:
    require_taken(answered(status), made(1, 2)[0], "hooks.example.org")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, StoreUnavailableError) for status in (408, 409, 425, 429, 500, 502, 503, 504)),
        *((status, StoreDeniedError) for status in (301, 302, 307, 401, 403, 404, 405, 407, 415)),
        (410, WebhookGoneError),
        *((status, RecordRefusedError) for status in (400, 413, 422)),
    ],
)
def test_answer__bad__means_what_its_status_says(status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        require_taken(answered(status, {"why": "the record's own content"}), made(1, 2)[0], "hooks.example.org")

    assert type(caught.value) is error
    assert "content" not in str(caught.value)


def test_answer__refused_record_alone__named() -> None:
    with pytest.raises(RowsRefusedError) as caught:
        require_taken(answered(422), made(7)[0], "hooks.example.org")

    assert list(caught.value.refused) == [7]


def test_answer__each_record_by_itself__only_the_bad_ones_refused() -> None:
    results = [{"id": "page~view:3:inc~1:1", "status": 201}, {"id": "page~view:3:inc~1:2", "status": 422}]

    with pytest.raises(RowsRefusedError) as caught:
        require_taken(answered(207, {"results": results}), made(1, 2, 3)[0], "hooks.example.org")

    assert list(caught.value.refused) == [2]


@pytest.mark.parametrize(
    "body", [[], {"results": 5}, {"results": [{"id": "a"}]}, {"results": [{"id": "page~view:3:inc~1:1", "status": 503}]}]
)
def test_answer__each_record_unreadable_or_busy__all_again(body: Any) -> None:
    with pytest.raises(StoreUnavailableError):
        require_taken(Answer(207, {}, orjson.dumps(body)), made(1, 2)[0], "hooks.example.org")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("Thu, 26 Nov 2026 05:00:30 GMT", 31),
        ("Thu, 26 Nov 2026 04:00:00 GMT", 0),
        ("99999999", 86_400),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after__number_or_date__seconds(told: str, seconds: int | None) -> None:
    assert retry_after({"retry-after": told}, datetime(2026, 11, 26, 5, tzinfo=UTC)) == seconds


def test_answer__says_when_to_come_again__kept() -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        require_taken(answered(503, retry_after="17"), made(1)[0], "hooks.example.org")

    assert caught.value.retry_after_seconds == 17


def test_preview__events__as_they_would_be_posted() -> None:
    sink = http.HttpSink("c1", http.Target("https://hooks.example.org/"), http.Options(format="single"))

    preview = sink.preview("page.view", {}, [row(1)], NO_STEERING)

    assert json.loads(preview.rows[0].values["value"]) == row(1).event
    assert preview.place == "https://hooks.example.org/"
