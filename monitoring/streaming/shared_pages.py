"""What other pages show of streams out: on a stream's page who may follow it, and how; on the start page the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from eventplatform import panels
from monitoring.streaming.offers import Rules, offers
from streamconfig.lookups import snapshot

_FIRST = "test.event"


def register() -> None:
    """Put them there."""
    panels.add("stream", panels.Panel("monitoring.out", "monitoring/_stream_out.html", of_stream, order=40, column="side"))
    panels.add("start", panels.Panel("monitoring.out", "monitoring/_stream_out.html", of_start, order=40, column="side"))


def of_stream(name: str) -> Mapping[str, Any] | None:
    """Who may follow a stream; None for one that isn't configured, or is a pattern of names."""
    config = snapshot()
    stream = config.streams.get(name)
    if stream is None:
        return None
    closed = frozenset({settings.REJECTED_TOPIC})
    made = offers([stream], config.services.values(), default=settings.STREAM_OUT_ACCESS, closed=closed)
    rules = made.rules_of(name)
    is_given = rules.access != "none"
    curl = f"curl -sSN {settings.STREAM_URL}/v2/stream/{name}"
    if rules.access == "token":
        curl += " -H 'Authorization: Bearer ep_…'"
    return {"who": _words(rules), "curl": curl if is_given else "", "page": f"{settings.STREAM_URL}/v2/ui?streams={name}"}


def of_start(_: str) -> Mapping[str, Any] | None:
    """The same for the sample's stream, as long as it is there and given out."""
    found = of_stream(_FIRST)
    return found if found and found["curl"] else None


def _words(rules: Rules) -> str:
    if rules.access == "none":
        return "It is given out to nobody. Its setting stream_out opens it."
    if rules.access == "public":
        return "Anybody may follow it over HTTP, as it comes."
    teams = ", ".join(sorted(rules.teams))
    return f"{f'People of {teams}' if teams else 'People with an account'} may follow it over HTTP, with a token."
