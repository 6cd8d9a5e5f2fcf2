"""Carries a batch of the outbox to the intake over HTTP, and tells the fate of each event; it never raises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

import httpx
import orjson

from eventclient.outbox.addressing import Addresses, Asked, Fixed
from eventclient.outbox.entries import Entry
from eventclient.outbox.fates import Fate, fates

_MAX_BATCH_BYTES = 1_000_000
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)


class Courier(Protocol):
    """Sends entries; answers the fate of each, in their order: sent, again or refused."""

    def deliver(self, entries: Sequence[Entry]) -> Sequence[Fate]:
        """Send them, and wait for the answer."""
        ...


class HttpCourier:
    """Asks the platform where the events of a stream go (`/api/v1/client`), and posts them there.

    `intake`: an address that takes them all; then nothing is asked, and events name their `$schema`. `key`: a producer key.
    What the transaction wrote is sent whatever its stream's sample says: to draw is the caller's, before writing.
    """

    def __init__(self, platform: str = "", *, intake: str = "", key: str = "", http: httpx.Client | None = None) -> None:
        if not platform and not intake:
            raise ValueError("Name the platform's address, or the intake's.")
        self._http = http or httpx.Client(timeout=_TIMEOUT)
        self._addresses: Addresses = Fixed(intake) if intake else Asked(platform, self._http)
        self._headers = {"Content-Type": "application/json", **({"X-Producer-Key": key} if key else {})}

    def deliver(self, entries: Sequence[Entry]) -> Sequence[Fate]:
        """Group by intake, post, read each answer."""
        self._addresses.refresh()
        found: dict[int, Fate] = {}
        groups: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
        for index, entry in enumerate(entries):
            told = self._addresses.letter(entry)
            if isinstance(told, Fate):
                found[index] = told
            else:
                groups[told.url].append((index, told.text))
        for url, texts in groups.items():
            for part in _parts(texts):
                indexes = [index for index, _ in part]
                found.update(zip(indexes, self._posted(url, [text for _, text in part]), strict=True))
        return [found[index] for index in range(len(entries))]

    def close(self) -> None:
        """Let connections go."""
        self._http.close()

    def _posted(self, url: str, texts: Sequence[bytes]) -> Sequence[Fate]:
        try:
            answer = self._http.post(url, content=b"[" + b",".join(texts) + b"]", headers=self._headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return [Fate("again", code="no_answer", message=type(error).__name__)] * len(texts)
        found = fates(answer.status_code, answer.headers, _document(answer), len(texts))
        if found is not None:
            return found
        middle = len(texts) // 2
        return [*self._posted(url, texts[:middle]), *self._posted(url, texts[middle:])]


def _document(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def _parts(texts: Sequence[tuple[int, bytes]]) -> list[list[tuple[int, bytes]]]:
    """In parts that an intake takes at once."""
    parts: list[list[tuple[int, bytes]]] = []
    size = _MAX_BATCH_BYTES
    for one in texts:
        if size + len(one[1]) >= _MAX_BATCH_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(one)
        size += len(one[1]) + 1
    return parts
