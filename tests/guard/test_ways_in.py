"""From head and body to events: each way in, what it fills in, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eventplatform.core.errors import RejectedError
from eventplatform.core.services import EventGateRules, Service
from eventplatform.guard import errors
from eventplatform.guard.json_body import JsonLimits
from eventplatform.guard.request_head import RequestHead
from eventplatform.guard.unfit import Unfit, unwrapped
from eventplatform.guard.ways_in import events_of, open_body, open_json_body

LIMITS = JsonLimits(max_events=5, max_depth=8, max_keys=20)
PLAIN = Service("main")
EVENTGATE = Service("main", profile="eventgate")
ASKING = Service("main", eventgate=EventGateRules(schema_uri_parameter="schema_uri", stream_parameter="stream"))
ROUTED = Service(
    "main",
    sources=(
        ("reports:network-error", "w3c.nel /w3c/nel/1.0.0"),
        ("reports:deprecation", "w3c.deprecation"),
        ("/shop", "shop"),
    ),
)
LINES = "application/x-ndjson"
REPORTS = "application/reports+json"
WIDE = b'{"a":{%s}}' % b",".join(b'"%d":1' % n for n in range(21))


def read(body: bytes, content_type: str = "application/json", *, service: Service = PLAIN, query: str = "") -> list[Any]:
    return events_of(body, RequestHead(content_type=content_type, query=query), service, LIMITS)


def refusal(body: bytes, content_type: str = "application/json", *, service: Service = PLAIN, query: str = "") -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        read(body, content_type, service=service, query=query)
    return caught.value


def opened(content_type: str, service: Service = PLAIN) -> bytes:
    reader = open_body(RequestHead(content_type=content_type), 1000, service)
    reader.feed(b"{}")
    return reader.finish()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON ; x=y",
        "text/plain;charset=UTF-8",
        "text/plain; charset=us-ascii",
        REPORTS,
        LINES,
        "application/jsonlines",
        "application/json-seq",
        "application/cloudevents+json; charset=utf-8",
        "application/cloudevents-batch+json",
    ],
)
def test_content_type__carries_events__read(content_type: str) -> None:
    assert opened(content_type) == b"{}"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        ";",
        "application/jsonx",
        "application/xml",
        "json",
        "application/x-www-form-urlencoded",
        "application/cloudevents+avro",
    ],
)
@pytest.mark.parametrize(("service", "code"), [(PLAIN, "body.content_type"), (EVENTGATE, "body.empty")])
def test_content_type__other__415_and_of_eventgate_an_empty_body(content_type: str, service: Service, code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        opened(content_type, service)

    assert caught.value.code == code


@pytest.mark.parametrize("content_type", [LINES, "application/json-seq", "application/cloudevents+json"])
def test_content_type__that_eventgate_does_not_parse__empty_there(content_type: str) -> None:
    with pytest.raises(errors.BodyEmptyError):
        opened(content_type, EVENTGATE)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", REPORTS])
def test_content_type__that_eventgate_parses__read_there(content_type: str) -> None:
    assert opened(content_type, EVENTGATE) == b"{}"


@pytest.mark.parametrize("charset", ["utf-16", '"latin-1"', "", "iso-8859-1"])
@pytest.mark.parametrize("kind", ["application/json", LINES])
def test_charset__other__415(kind: str, charset: str) -> None:
    with pytest.raises(errors.CharsetError):
        opened(f"{kind}; Charset={charset}")


@pytest.mark.parametrize("content_type", [LINES, "application/cloudevents+json", "text/html"])
def test_json_api__other_content_type__415(content_type: str) -> None:
    reader = open_json_body(RequestHead(content_type=content_type), 1000)

    with pytest.raises(errors.ContentTypeError):
        reader.finish()


def test_json_array__as_eventbus_sends_batches__its_items() -> None:
    batch = [{"$schema": "/mediawiki/job/1.0.0", "meta": {"stream": "mediawiki.job.x"}}, {"$schema": "/a/1.0.0"}]

    assert read(json.dumps(batch).encode()) == batch


def test_number__beyond_2_to_the_53__kept_exactly_also_for_eventgate() -> None:
    assert read(b'{"a":9007199254740993}', service=EVENTGATE) == [{"a": 9007199254740993}]


@pytest.mark.parametrize(
    "body", [b"\xef\xbb\xbf{}", b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":1e400}', '{"a":1}'.encode("utf-16")]
)
def test_json__that_is_none__refused(body: bytes) -> None:
    assert refusal(body).code == "json.invalid"


def test_lines__each_an_event__in_order_without_the_blank_ones() -> None:
    assert read(b'{"a":1}\r\n\n  {"a":2}\n[3]\n', LINES) == [{"a": 1}, {"a": 2}, [3]]


def test_lines__last_one_without_a_newline__read() -> None:
    assert read(b'{"a":1}\n{"a":2}', LINES) == [{"a": 1}, {"a": 2}]


def test_lines__one_is_no_json__that_line_alone_is_unfit_with_its_number() -> None:
    first, second, third = read(b'{"a":1}\n\n{"a":\n{"b":2}', LINES)

    assert (first, third) == ({"a": 1}, {"b": 2})
    assert isinstance(second, Unfit)
    assert (second.event, second.error.code) == ('{"a":', "json.invalid_line")
    assert "Line 3" in str(second.error)


@pytest.mark.parametrize(
    ("line", "code", "pointer"),
    [
        (b'{"a":' * 9 + b"1" + b"}" * 9, "json.too_deep", ""),
        (b'{"a":{"b":18446744073709551616}}', "json.number_out_of_range", "/a/b"),
        (b'{"a":["\\u0000"]}', "json.null_character", "/a/0"),
        (WIDE, "json.too_many_keys", "/a"),
        (b'{"a":"\xff"}', "json.invalid_line", ""),
    ],
)
def test_lines__one_breaks_a_limit__that_line_alone_is_unfit(line: bytes, code: str, pointer: str) -> None:
    first, second = read(b'{"a":1}\n' + line, LINES)

    assert first == {"a": 1}
    assert isinstance(second, Unfit)
    assert (second.error.code, second.error.pointer, second.error.outcome) == (code, pointer, "invalid")


@pytest.mark.parametrize(
    ("item", "code", "pointer"),
    [
        (b'{"a":["x\\u0000]"]}', "json.null_character", "/a/0"),
        (WIDE, "json.too_many_keys", "/a"),
        (b'{"b":%s,"c":%s}' % (WIDE, b"[" * 9 + b"]" * 9), "json.too_many_keys", "/b/a"),
        (b'{"b":%s,"c":18446744073709551616}' % WIDE, "json.too_many_keys", "/b/a"),
        (b'{"a":{"b":18446744073709551616}}', "json.number_out_of_range", "/a/b"),
        (b"[" * 9 + b"]" * 9, "json.too_deep", ""),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8"])
def test_array__one_item_may_be_no_event__that_one_alone_is_unfit(
    item: bytes, code: str, pointer: str, content_type: str
) -> None:
    body = b' [ {"a": "],[\\"{"} , %s ,{"b":[{"c":[2]},{}]}, 5]\n' % item

    first, unfit, *rest = read(body, content_type)

    assert (first, rest) == ({"a": '],["{'}, [{"b": [{"c": [2]}, {}]}, 5])
    assert isinstance(unfit, Unfit)
    assert (unfit.error.code, unfit.error.pointer, unfit.error.outcome) == (code, pointer, "invalid")
    if code == "json.null_character":
        assert unfit.event == {"a": ["x\0]"]}
    else:  # the document may be too deep to walk, or hold a rounded number: its text is told
        assert unfit.event.strip() == item.decode()


def test_array__every_item_wrong_in_its_own_way__each_told_of() -> None:
    found = read(b'[{"a":"\\u0000"},{"a":99999999999999999999},%s]' % (b"[" * 9 + b"]" * 9))

    codes = [one.error.code for one in found if isinstance(one, Unfit)]
    assert codes == ["json.null_character", "json.number_out_of_range", "json.too_deep"]


def test_array__is_none_but_one_event__refused_whole() -> None:
    assert refusal(b'{"a":["\\u0000"]}').code == "json.null_character"


@pytest.mark.parametrize("body", [b"", b"\n \r\n", b"\x1e\n"])
def test_lines__nothing_in_them__empty(body: bytes) -> None:
    kind = "application/json-seq" if b"\x1e" in body else LINES

    assert refusal(body, kind).code == "body.empty"


def test_lines__more_than_allowed__413() -> None:
    assert refusal(b"{}\n" * 6, LINES).code == "body.too_many_events"


def test_sequence__records_behind_their_separators__events() -> None:
    assert read(b'\x1e{"a":1}\n\x1e{"a":\n2}\n', "application/json-seq") == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", REPORTS, LINES])
def test_query__names_stream_and_schema__filled_where_missing(content_type: str) -> None:
    query = "stream=w3c.nel&schema_uri=%2Fw3c%2Fnel%2F1.0.0&hasty=true"

    [event] = read(b'{"type":"x"}', content_type, service=ASKING, query=query)

    assert event == {"type": "x", "$schema": "/w3c/nel/1.0.0", "meta": {"stream": "w3c.nel"}}


def test_query__of_a_service_that_does_not_heed_it__ignored() -> None:
    assert read(b'{"type":"x"}', query="stream=w3c.nel&schema_uri=/a/1.0.0") == [{"type": "x"}]


def test_query__events_that_say_it_themselves__untouched() -> None:
    own = {"$schema": "/own/1.0.0", "meta": {"stream": "own", "id": "1"}}

    assert read(json.dumps([own, {"meta": {"id": "2"}}, {"meta": 5}, 7]).encode(), service=ASKING, query="stream=s") == [
        own,
        {"meta": {"id": "2", "stream": "s"}},
        {"meta": 5},
        7,
    ]


@pytest.mark.parametrize(
    "value", ["a%0d%0aSet-Cookie:%20x", "%00", "a%0Ab", "%1b[31m", "%FF", "ü", "a%20b", "x" * 251, "%ED%A0%80"]
)
@pytest.mark.parametrize("name", ["stream", "schema_uri"])
def test_query__value_with_line_breaks_or_control_characters__refused_and_not_repeated(name: str, value: str) -> None:
    error = refusal(b'{"a":1}', service=ASKING, query=f"{name}={value}")

    assert (error.http_status, error.code) == (400, "query.bad_value")
    assert "Set-Cookie" not in str(error) + error.hint


def test_report__of_a_mapped_type__sent_on_its_way() -> None:
    reports = [{"type": "network-error", "age": 1}, {"type": "deprecation"}, {"type": "csp-violation"}, {"type": 5}, 6]

    assert read(json.dumps(reports).encode(), REPORTS + "; charset=utf-8", service=ROUTED) == [
        {"type": "network-error", "age": 1, "$schema": "/w3c/nel/1.0.0", "meta": {"stream": "w3c.nel"}},
        {"type": "deprecation", "meta": {"stream": "w3c.deprecation"}},
        {"type": "csp-violation"},
        {"type": 5},
        6,
    ]


def test_report__in_another_content_type__goes_nowhere_by_its_type() -> None:
    assert read(b'{"type":"network-error"}', service=ROUTED) == [{"type": "network-error"}]


def test_unwrapped__unfit_or_not__tells_the_first_reason() -> None:
    told, asked = errors.BodyEmptyError(), errors.CharsetError()

    assert unwrapped(Unfit("sent", told), asked) == ("sent", told)
    assert unwrapped({"a": 1}, asked) == ({"a": 1}, asked)
