"""What the DRF door keeps of Django though it goes past the middlewares made for people: https, signals, others' pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import HttpResponse
from django.test import Client, RequestFactory

from eventplatform.access import ProducersGoStraightIn
from eventplatform.core.services import Service
from tests.contracts.intake_doors import GOOD, Platform, dump, platform

PATHS = ["/v1/events", "/v1/events/", "/main/v1/events", "/main/v1/events/"]
JSON = {"content-type": "application/json"}


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from platform("drf", monkeypatch, Service("main"))


@pytest.mark.parametrize("path", PATHS)
def test_door__pages_need_login_and_host_is_foreign__takes_events(door: Platform, settings: Any, path: str) -> None:
    settings.PAGES_NEED_LOGIN = True

    reply = door.door.send("POST", path, dump(GOOD), {**JSON, "host": "evil.example"})

    assert reply.status == 201
    assert not {"set-cookie", "vary"} & set(reply.headers)


@pytest.mark.parametrize("path", PATHS)
def test_door__https_is_demanded__redirects_to_it(door: Platform, settings: Any, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True

    reply = door.door.send("POST", path, dump(GOOD), JSON)

    assert (reply.status, reply.headers["location"]) == (301, f"https://testserver{path}")
    assert door.records() == []


def test_door__https_is_demanded_of_a_foreign_host__refused(door: Platform, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["testserver"]

    assert door.door.send("POST", "/v1/events", dump(GOOD), {**JSON, "host": "evil.example"}).status == 400


def test_door__over_https__says_that_it_stays_so(door: Platform, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 60

    answer = Client().post("/v1/events", dump(GOOD), content_type="application/json", secure=True)

    assert (answer.status_code, answer["strict-transport-security"][:10]) == (201, "max-age=60")


def test_door__request__starts_and_finishes_as_any_of_django(door: Platform) -> None:
    seen: list[str] = []

    def started(**_: Any) -> None:
        seen.append("started")

    def finished(**_: Any) -> None:
        seen.append("finished")

    request_started.connect(started)
    request_finished.connect(finished)
    try:
        door.post(dump(GOOD))
    finally:
        request_started.disconnect(started)
        request_finished.disconnect(finished)

    assert seen == ["started", "finished"]


@pytest.mark.parametrize("path", ["/schemas/v1/events", "/streams/v1/events", "/a/b/v1/events", "/v1/events/more", "/"])
def test_door__address_of_others__left_to_them(path: str) -> None:
    middleware = ProducersGoStraightIn(lambda _: HttpResponse("theirs"))

    answer = middleware(RequestFactory().post(path))

    assert isinstance(answer, HttpResponse)
    assert answer.content == b"theirs"
