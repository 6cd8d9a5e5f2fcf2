"""CloudEvents 1.0: structured, binary and batch; where the context goes, and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client import REGISTRY

from eventplatform.core.errors import RejectedError
from eventplatform.core.services import Service
from eventplatform.guard.json_body import JsonLimits
from eventplatform.guard.request_head import RequestHead
from eventplatform.guard.unfit import Unfit
from eventplatform.guard.ways_in import events_of

SHOP = "https://shop.example.org/orders"
SERVICE = Service("shop", sources=((SHOP, "shop.order"), ("/ümlaut", "shop.other"), ("/whole", "shop.whole /shop/whole/1.0.0")))
CONTEXT = {"specversion": "1.0", "id": "a-1", "source": SHOP, "type": "org.example.order"}
GOOD = {**CONTEXT, "dataschema": "/shop/order/1.0.0", "time": "2026-01-02T03:04:05Z", "data": {"total": 5}}
MADE = {
    "$schema": "/shop/order/1.0.0",
    "meta": {"stream": "shop.order", "id": "a-1"},
    "dt": "2026-01-02T03:04:05Z",
    "total": 5,
}
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
HOSTS = frozenset({"events.example.org", "events.example.org:8000"})


def read(document: Any, content_type: str = ONE, service: Service = SERVICE, context: Mapping[str, Any] = {}) -> list[Any]:
    named = {f"ce-{name}": value for name, value in context.items()}
    head = RequestHead(content_type=content_type, header=lambda name: named.get(name, ""))
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return events_of(body, head, service, JsonLimits(max_events=3, max_depth=5), schema_hosts=HOSTS)


def reason(
    document: Any, content_type: str = ONE, service: Service = SERVICE, context: Mapping[str, Any] = {}
) -> RejectedError:
    [unfit] = read(document, content_type, service, context)
    assert isinstance(unfit, Unfit)
    return unfit.error


def changed(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not Ellipsis}


def test_structured__whole__event_with_stream_schema_id_and_time() -> None:
    assert read(GOOD) == [MADE]


def test_batch__some_unfit__the_others_are_events() -> None:
    first, second, third = read([GOOD, changed(source="/elsewhere"), 5], BATCH)

    assert first == MADE
    assert (second.event["source"], second.error.code) == ("/elsewhere", "cloudevent.source_unknown")
    assert (third.event, third.error.code) == (5, "cloudevent.not_an_object")


@pytest.mark.parametrize("content_type", ["application/json", "application/vnd.shop+json; charset=utf-8"])
def test_binary__context_in_headers__the_same_event(content_type: str) -> None:
    context = {name: value for name, value in GOOD.items() if name != "data"}

    assert read({"total": 5}, content_type, context=context) == [MADE]


def test_binary__headers_percent_encoded__decoded() -> None:
    [event] = read({}, "application/json", context={**CONTEXT, "source": "/%C3%BCmlaut", "id": '"Euro %E2%82%AC \\" 😀"'})

    assert event["meta"] == {"stream": "shop.other", "id": 'Euro € " 😀'}


def test_binary__structured_content_type__the_content_type_decides() -> None:
    assert read(GOOD, context={**CONTEXT, "id": "other"}) == [MADE]


def test_service_without_sources__headers_mean_nothing_and_structured_ones_are_refused() -> None:
    plain = Service("main")

    assert read({"a": 1}, "application/json", plain, CONTEXT) == [{"a": 1}]
    assert reason(GOOD, ONE, plain).code == "cloudevent.source_unknown"


def test_eventgate_profile__headers_mean_nothing() -> None:
    assert read({"a": 1}, "application/json", Service(profile="eventgate", sources=SERVICE.sources), CONTEXT) == [{"a": 1}]


@pytest.mark.parametrize(
    "data",
    [
        {"meta": {"stream": "other.stream", "id": "x", "domain": "d"}, "total": 5},
        {"meta": {"domain": "d"}, "total": 5, "$schema": "/other/1.0.0"},
    ],
)
def test_stream__named_in_the_data__never_heeded(data: Any) -> None:
    [event] = read(changed(data=data))

    assert event["meta"] == {"stream": "shop.order", "id": "a-1", "domain": "d"}
    assert event["$schema"] == "/shop/order/1.0.0"


@pytest.mark.parametrize("source", [SHOP + "/", SHOP.upper(), "shop.order", " " + SHOP, "reports:x", "*"])
def test_source__not_mapped_to_the_letter__denied(source: str) -> None:
    error = reason(changed(source=source))

    assert (error.code, error.http_status, error.outcome, error.pointer) == (
        "cloudevent.source_unknown",
        403,
        "denied",
        "/source",
    )
    assert source.strip() not in str(error) + error.hint or source == "*"


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("value", [..., None, ""])
def test_required_attribute__absent__named(name: str, value: Any) -> None:
    error = reason(changed(**{name: value}))

    assert (error.code, error.pointer, error.outcome) == ("cloudevent.attribute_missing", f"/{name}", "invalid")
    assert name in str(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("specversion", "0.3"),
        ("specversion", "2.0"),
        ("id", 5),
        ("id", "a\nb"),
        ("id", "\x00"),
        ("id", "x" * 2049),
        ("type", ["x"]),
        ("source", {}),
        ("subject", ""),
        ("time", "yesterday"),
        ("time", "2026-01-02"),
        ("time", 5),
    ],
)
def test_attribute__of_the_wrong_form__named(name: str, value: Any) -> None:
    body = json.dumps(changed(**{name: value})).replace("\\u0000", "\\u0001").encode()

    error = reason(body)

    assert (error.code, error.pointer) == ("cloudevent.bad_attribute", f"/{name}")


def test_binary__control_characters_behind_percent_signs__refused() -> None:
    for value in ("a%0D%0ASet-Cookie", "%00", "%ED%A0%80", "%FF"):
        assert reason({}, "application/json", context={**CONTEXT, "id": value}).code == "cloudevent.bad_attribute"


@pytest.mark.parametrize(
    "address",
    [
        "http://events.example.org/shop/order/1.0.0",
        "https://events.example.org:8000/shop/order/1.0.0",
        "https://EVENTS.example.org/repositories/primary/jsonschema/shop/order/1.0.0",
        "http://events.example.org/api/v1/schemas/shop/order/1.0.0",
    ],
)
def test_dataschema__address_on_this_platform__cut_to_the_id(address: str) -> None:
    assert read(changed(dataschema=address)) == [MADE]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/shop/order/1.0.0",
        "https://evil.example.org/shop/order/1.0.0",
        "//events.example.org/shop/order/1.0.0",
        "https://events.example.org@evil.example.org/shop/order/1.0.0",
        "https://events.example.org/shop/order/1.0.0?x=1",
        "https://events.example.org/../etc/passwd",
        "https://events.example.org/shop/order/1.0.0#/definitions/x",
        "file:///shop/order/1.0.0",
        "ftp://events.example.org/shop/order/1.0.0",
        "shop/order/1.0.0",
        "/shop/../order/1.0.0",
        "http://[::1",
        "urn:shop:order",
    ],
)
def test_dataschema__anything_else__refused(address: str) -> None:
    error = reason(changed(dataschema=address))

    assert (error.code, error.pointer) == ("cloudevent.bad_dataschema", "/dataschema")


def test_dataschema__absent__the_datas_own_or_the_sources() -> None:
    assert read(changed(dataschema=..., data={"$schema": "/own/1.0.0"}))[0]["$schema"] == "/own/1.0.0"
    assert read(changed(dataschema=..., source="/whole"))[0]["$schema"] == "/shop/whole/1.0.0"
    assert "$schema" not in read(changed(dataschema=...))[0]


def test_time__data_has_its_own_dt__that_one_stays() -> None:
    assert read(changed(data={"dt": "2025-01-01T00:00:00Z"}))[0]["dt"] == "2025-01-01T00:00:00Z"


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/vnd.shop+json"])
def test_data__json_in_base64__decoded(kind: str) -> None:
    packed = base64.b64encode(b'{"total":5}').decode()

    assert read(changed(data=..., data_base64=packed, datacontenttype=kind)) == [MADE]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"data": ...}, "/data"),
        ({"data": [1]}, "/data"),
        ({"data": "text"}, "/data"),
        ({"data": {"meta": "x"}}, "/data/meta"),
        ({"datacontenttype": "application/xml"}, "/datacontenttype"),
        ({"datacontenttype": 5}, "/datacontenttype"),
        ({"data_base64": "e30="}, "/data_base64"),
        ({"data": ..., "data_base64": "!!"}, "/data_base64"),
        ({"data": ..., "data_base64": 5}, "/data_base64"),
        ({"data": ..., "data_base64": "e30"}, "/data_base64"),
        ({"data": ..., "data_base64": base64.b64encode(b"no json").decode()}, "/data_base64"),
        ({"data": ..., "data_base64": base64.b64encode(b'{"a":"\\u0000"}').decode()}, "/data_base64"),
        ({"data": ..., "data_base64": base64.b64encode(b'{"a":' * 9 + b"1" + b"}" * 9).decode()}, "/data_base64"),
        ({"data": ..., "data_base64": "é"}, "/data_base64"),
    ],
)
def test_data__that_is_no_json_object__refused(changes: Mapping[str, Any], pointer: str) -> None:
    error = reason(changed(**changes))

    assert (error.code, error.pointer) == ("cloudevent.bad_data", pointer)


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", ONE, "body.empty"),
        (b"[]", BATCH, "body.empty"),
        (b"{", ONE, "json.invalid"),
        (b"{}", BATCH, "body.not_events"),
        (b"5", BATCH, "body.not_events"),
        (b"[{},{},{},{}]", BATCH, "body.too_many_events"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, ONE, "json.too_deep"),
        (b'{"a":"\\u0000"}', ONE, "json.null_character"),
    ],
)
def test_body__of_cloudevents_that_is_refused_whole(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        read(body, content_type)

    assert caught.value.code == code


def test_batch__one_holds_what_no_event_may__that_one_alone_is_unfit() -> None:
    wrong = changed(data={"total": "a\0b"})

    first, unfit, third = read(json.dumps([GOOD, wrong, GOOD]).encode(), BATCH)

    assert (first, third) == (MADE, MADE)
    assert isinstance(unfit, Unfit)
    assert (unfit.event, unfit.error.code, unfit.error.pointer) == (wrong, "json.null_character", "/data/total")


def test_one__that_is_an_array__no_object() -> None:
    assert reason([GOOD]).code == "cloudevent.not_an_object"


def test_extensions_and_subject__have_no_place__counted_as_ignored() -> None:
    def count(kind: str) -> float:
        labels = {"service": "shop", "kind": kind}
        return REGISTRY.get_sample_value("eventplatform_intake_ignored_attributes_total", labels) or 0

    before = count("extension"), count("subject")
    events = read(changed(traceparent="00-1", partitionkey="x", subject="order 5"))

    assert events == [MADE]
    assert (count("extension"), count("subject")) == (before[0] + 2, before[1] + 1)
