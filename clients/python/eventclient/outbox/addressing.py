"""Where an event of the outbox goes, and what is set in it on the way (client contract, §4): the same at each try."""

from __future__ import annotations

import logging
import time
from typing import Any, NamedTuple, Protocol

import httpx
import orjson

from eventclient.contract.assembling import Moment, Plan, assemble, iso, plan
from eventclient.contract.configuration import Configuration, Questions
from eventclient.contract.context import Context
from eventclient.outbox.entries import Entry
from eventclient.outbox.fates import Fate

_log = logging.getLogger("eventclient.outbox")


class Letter(NamedTuple):
    """An event as it is posted, and whereto."""

    url: str
    text: bytes


class Addresses(Protocol):
    """Knows where events go."""

    def refresh(self) -> None:
        """Ask again, where it is time; never raises."""
        ...

    def letter(self, entry: Entry) -> Letter | Fate:
        """Where the entry goes, or its fate where nobody can say."""
        ...


class Fixed:
    """One intake for all, and nobody to ask what a schema has: stream, id and moment are set in every event."""

    def __init__(self, url: str) -> None:
        self._url = url

    def refresh(self) -> None:
        """Nothing is asked."""

    def letter(self, entry: Entry) -> Letter:
        """See `Addresses.letter`."""
        return Letter(
            self._url, _text(entry, Plan(entry.stream, None, has_id=True, has_domain=False, has_dt=True, paths=()), {})
        )


class Asked:
    """Asks the platform each minute; where that fails the last good answer goes on to hold (client contract, §1)."""

    def __init__(self, platform: str, http: httpx.Client) -> None:
        self._url, self._http = f"{platform.rstrip('/')}/api/v1/client", http
        self._questions, self._ask_at = Questions(), 0.0

    def refresh(self) -> None:
        """See `Addresses.refresh`."""
        if time.monotonic() < self._ask_at:
            return
        headers = {"If-None-Match": self._questions.etag} if self._questions.etag else {}
        status: int | None = None
        answered, body, problem = {}, None, "none"
        try:
            answer = self._http.get(self._url, headers=headers)
            status, answered = answer.status_code, dict(answer.headers)
            body = orjson.loads(answer.content) if answer.content else None
        except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError) as error:
            problem = type(error).__name__
        self._ask_at = time.monotonic() + self._questions.answered(status, answered, body)
        if not self._questions.is_good:
            _log.warning("outbox.configuration_away status=%s error=%s", status or "no answer", problem)

    def letter(self, entry: Entry) -> Letter | Fate:
        """See `Addresses.letter`."""
        holds = self._questions.holds
        if holds is None:
            return Fate("again", code="unknown", message="The platform has not said yet where events go.")
        given = holds.streams.get(entry.stream)
        stream = given if isinstance(given, dict) else {}
        service = stream.get("service")
        url = holds.intakes.get(service) if isinstance(service, str) else None
        if not url:
            message, remedy = f"The stream {entry.stream} is not configured.", "Have it created, then requeue what is refused."
            return Fate("refused", code="unconfigured", message=message, remedy=remedy)
        return Letter(url, _text(entry, plan(entry.stream, stream), _known(holds)))


def _known(holds: Configuration) -> dict[str, Any]:
    """What the relay knows for an event: it draws nothing, so each stands for itself alone."""
    return {"agent": {"client_platform": "service"}, "sample": {"rate": 1, "revision": holds.revision}}


def _text(entry: Entry, planned: Plan, known: dict[str, Any]) -> bytes:
    moment = Moment(iso(entry.written_at.timestamp() * 1000), entry.event_id, None)
    return orjson.dumps(assemble(orjson.loads(entry.body), planned, Context({}, known), moment))
