"""What a stream's page and the start page say of following a stream."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

from monitoring.streaming import shared_pages
from tests.monitoring.streaming.rig import stream

STREAMS = {
    one.name: one
    for one in (
        stream("test.event", stream_out={"access": "public"}),
        stream("team.only", stream_out={"access": "token", "teams": ["web", "ads"]}),
        stream("closed", stream_out={"access": "none"}),
    )
}


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_pages, "snapshot", lambda: SimpleNamespace(streams=STREAMS, services={}))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test.event", ["Anybody may follow", "/v2/stream/test.event", "/v2/ui?streams=test.event"]),
        ("team.only", ["People of ads, web", "Authorization: Bearer"]),
        ("closed", ["given out to nobody", "stream_out"]),
    ],
)
def test_panel__of_a_stream__says_who_and_how(name: str, words: list[str]) -> None:
    found = shared_pages.of_stream(name)

    assert found is not None
    text = render_to_string("monitoring/_stream_out.html", dict(found))
    assert all(word in text for word in words)
    assert ("curl" in text) is (name != "closed")


def test_panel__of_no_stream__is_absent() -> None:
    assert shared_pages.of_stream("/^pattern/") is None


def test_start_page__first_stream_closed__shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shared_pages.of_start("") is not None

    monkeypatch.setattr(shared_pages, "_FIRST", "closed")

    assert shared_pages.of_start("") is None
