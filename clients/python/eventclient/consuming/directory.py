"""What the platform's configuration says of streams: their topics now; asked again while the consumer runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import httpx

from eventclient.consuming.errors import ConsumerError, StreamUnknownError
from eventclient.consuming.retries import spread

_log = logging.getLogger("eventclient.consuming")

_TIMEOUT_SECONDS = 10.0
_MOST_PAUSE_SECONDS = 60.0
_NOT_MODIFIED, _NOT_FOUND = 304, 404


class Directory:
    """Asks in a thread of its own; while the platform is away the last answer holds."""

    def __init__(
        self, platform: str, streams: Iterable[str], *, refresh_seconds: float = 60.0, http: httpx.Client | None = None
    ) -> None:
        self._platform = platform.rstrip("/")
        self._streams = tuple(streams)
        self._refresh_seconds = refresh_seconds
        self._http = http or httpx.Client(timeout=_TIMEOUT_SECONDS)
        self._known: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._error: ConsumerError | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="consumer-directory", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def topics(self) -> Mapping[str, str] | None:
        """The stream of each topic; None as long as the platform has not answered for all of them.

        Raises:
            ConsumerError: the platform answered that it knows no such stream.
        """
        if self._error is not None:
            raise self._error
        if len(self._known) < len(self._streams):
            return None
        return {topic: stream for stream, (_, topics) in self._known.items() for topic in topics}

    def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_TIMEOUT_SECONDS)
        self._http.close()

    def refresh(self) -> None:
        """Ask once.

        Raises:
            ConsumerError: a stream is unknown, and was so from the beginning.
            httpx.HTTPError: there was no answer.
        """
        for stream in self._streams:
            self._ask(stream)

    def _run(self) -> None:
        tried = 0
        while not self._closing.is_set():
            try:
                self.refresh()
                tried = 0
            except ConsumerError as error:
                self._error = error
                return
            except httpx.InvalidURL:
                self._error = ConsumerError("The platform's address is none.", remedy="Give it as https://events.example.org.")
                return
            except httpx.HTTPError as error:
                tried += 1
                _log.warning("configuration.unavailable error=%s", type(error).__name__)
            self._closing.wait(spread(min(2.0 ** (tried - 1), _MOST_PAUSE_SECONDS) if tried else self._refresh_seconds))

    def _ask(self, stream: str) -> None:
        tag, _ = self._known.get(stream, ("", ()))
        address = f"{self._platform}/api/v1/streams/{quote(stream, safe='')}"
        answer = self._http.get(address, params={"fields": "name,topics"}, headers={"If-None-Match": tag} if tag else {})
        if answer.status_code == _NOT_MODIFIED:
            return
        if answer.status_code == _NOT_FOUND:
            if stream not in self._known:  # one that was removed keeps its topics: what is in them is still to be handled
                raise StreamUnknownError(f"The platform knows no stream {stream!r}.")
            return
        answer.raise_for_status()
        self._known[stream] = (answer.headers.get("etag", ""), _topics(answer))


def _topics(answer: httpx.Response) -> tuple[str, ...]:
    try:
        return tuple(str(topic) for topic in answer.json()["topics"])
    except (ValueError, KeyError, TypeError):
        raise httpx.DecodingError("no answer of the platform") from None
