"""Clients that follow: long polls, how few may wait, and how soon a change is seen by both kinds over real HTTP."""

from __future__ import annotations

import http
import json
import threading
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from django.test import Client

from streamconfig import lookups
from streamconfig.api import waiting
from tests import configuring
from tests.intake.serving import serving
from tests.streamconfig.conftest import DOCUMENT

LIST = "/api/v1/streams"


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places of this test's own, and no patience."""
    monkeypatch.setattr(waiting, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(waiting, "_LOOK_SECONDS", 0.01)


@pytest.mark.usefixtures("nobody_waits")
def test_waiting__tag_changes__ends_at_once() -> None:
    tags = iter(["a", "a", "b"])

    began = time.monotonic()
    assert waiting.until_changed(lambda: next(tags), "a", 30)
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("nobody_waits")
def test_waiting__nothing_changes__ends_at_its_time() -> None:
    began = time.monotonic()

    assert waiting.until_changed(lambda: "a", "a", 0.1)
    assert time.monotonic() - began >= 0.1


@pytest.mark.usefixtures("nobody_waits")
def test_waiting__all_places_taken__refuses_the_next_and_frees_them_again() -> None:
    with waiting._places:
        assert not waiting.until_changed(lambda: "b", "a", 30)

    assert waiting.until_changed(lambda: "b", "a", 30)


@pytest.mark.usefixtures("nobody_waits")
def test_waiting__tag_cannot_be_read__frees_the_place() -> None:
    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        waiting.until_changed(broken, "a", 30)

    assert waiting.until_changed(lambda: "b", "a", 30)


@pytest.mark.slow
@pytest.mark.usefixtures("streams", "nobody_waits")
def test_long_poll__nothing_new__is_304_after_its_time(client: Client) -> None:
    etag = client.get(LIST)["ETag"]

    began = time.monotonic()
    answer = client.get(f"{LIST}?wait=1", headers={"If-None-Match": etag})

    assert (answer.status_code, answer["ETag"]) == (304, etag)
    assert time.monotonic() - began >= 1


@pytest.mark.slow
@pytest.mark.usefixtures("streams", "nobody_waits")
@pytest.mark.parametrize("query", ["wait=30", "wait=30&since=0-0", 'wait=30&since="0-0"'])
def test_long_poll__client_knows_another_state__is_answered_at_once(client: Client, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code == 200


@pytest.mark.slow
@pytest.mark.usefixtures("streams", "nobody_waits")
def test_long_poll__since__counts_like_if_none_match(client: Client) -> None:
    etag = client.get(LIST)["ETag"]

    assert client.get(LIST, {"since": etag}).status_code == 304
    assert client.get(LIST, {"since": etag.strip('"')}, headers={"Accept-Encoding": "gzip"}).status_code == 304


@pytest.mark.slow
@pytest.mark.usefixtures("streams", "nobody_waits")
def test_long_poll__no_place_left__is_304_at_once_and_says_when_to_ask(client: Client) -> None:
    etag = client.get(LIST)["ETag"]

    with waiting._places:
        answer = client.get(f"{LIST}?wait=30", headers={"If-None-Match": etag})

    assert (answer.status_code, answer["Retry-After"]) == (304, "1")


class Follower(threading.Thread):
    """A client that notes when it sees each rate of `ui.click`."""

    def __init__(self, address: str, wait: int) -> None:
        super().__init__(daemon=True)
        self.address, self.wait = address, wait
        self.seen: dict[float, float] = {}
        self.etag = ""
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.is_set():
            answer = self.ask()
            if answer is not None:
                # None once the test is over and its tables are emptied, which a waiting client is told like any change.
                for one in (one for one in answer["results"] if one["name"] == "ui.click"):
                    self.seen.setdefault(one["sampling"]["rate"], time.time())
            if not self.wait:
                self.ending.wait(0.5)

    def ask(self) -> Any:
        request = urllib.request.Request(  # noqa: S310  # our own server
            f"{self.address}{LIST}?wait={self.wait}", headers={"If-None-Match": self.etag or '"none"'}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # likewise
                self.etag = answer.headers["ETag"]
                return json.load(answer)
        except HTTPError as error:
            if error.code != http.HTTPStatus.NOT_MODIFIED:
                raise
            return None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_publish__clients_of_another_process__see_it_within_two_seconds(child_environment: dict[str, str]) -> None:
    configuring.configure(DOCUMENT)
    with serving("eventplatform.wsgi:application", "wsgi", child_environment) as port:
        address = f"http://127.0.0.1:{port}"
        followers = [Follower(address, wait=5), Follower(address, wait=0)]
        for follower in followers:
            follower.start()
        published: dict[float, float] = {}
        for number in range(1, 7):
            rate = 0.5 / 2**number
            configuring.configure({"streams": {"ui.click": {**DOCUMENT["streams"]["ui.click"], "sample": {"rate": rate}}}})
            published[rate] = time.time()
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and not all(rate in follower.seen for follower in followers):
                time.sleep(0.02)
        for follower in followers:
            follower.ending.set()

    for follower in followers:
        delays = [follower.seen[rate] - at for rate, at in published.items()]
        print(f"wait={follower.wait}: at most {max(delays):.2f} s")  # noqa: T201  # a measurement, shown by -s
        assert max(delays) < 2
    lookups.forget()
