"""Producers and readers of a soak: some streams at a steady pace, a few events invalid, clients of server-sent events."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import orjson
import yaml

from eventplatform import env

# stream → where its schema's newest version lies
STREAMS: Mapping[str, str] = {
    "test.event": "primary/jsonschema/sample/test_event",
    "page.change": "primary/jsonschema/page/change",
    "revision.create": "primary/jsonschema/revision/create",
    "ui.page_load": "secondary/jsonschema/ui/page_load",
    "client.error": "secondary/jsonschema/client/error",
}
_REQUESTS_PER_SECOND = 5
_INVALID_EVERY = 240 * _REQUESTS_PER_SECOND  # requests: fifteen an hour of each stream, fewer than anybody is told of
_BATCHES = (1, 2, 1, 5, 1, 3)


class Producers:
    """One thread for each stream; what the answers promised is counted."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.odd: Counter[str] = Counter()  # answers that should not be

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._run, args=(name, example(path))) for name, path in STREAMS.items()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _run(self, stream: str, event: dict[str, Any]) -> None:
        due = time.monotonic()
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            for number in itertools.count(1):
                due += 1 / _REQUESTS_PER_SECOND
                if self._stop.wait(max(due - time.monotonic(), 0)):
                    return
                self._post(client, stream, event, number)

    def _post(self, client: httpx.Client, stream: str, event: dict[str, Any], number: int) -> None:
        is_invalid = number % _INVALID_EVERY == _REQUESTS_PER_SECOND  # the first one soon
        size = 1 if is_invalid else _BATCHES[number % len(_BATCHES)]
        body = [{**event, "meta": {"stream": stream, "domain": "en.example.org"}} for _ in range(size)]
        if is_invalid:
            body[0]["meta"]["domain"] = 17
        try:
            status = client.post(
                "/v1/events", content=orjson.dumps(body), headers={"content-type": "application/json"}
            ).status_code
        except httpx.HTTPError as error:
            self.odd[f"{stream}: {type(error).__name__}"] += 1
            return
        if status in {201, 202} and not is_invalid:
            self.accepted[stream] += size
        elif status == httpx.codes.BAD_REQUEST and is_invalid:
            self.refused[stream] += size
        else:
            self.odd[f"{stream}: {status}"] += 1


class Readers:
    """Clients of server-sent events; each goes on behind the last one that it had."""

    def __init__(self, url: str, streams: tuple[str, ...]) -> None:
        self._url = url
        self._streams = streams
        self._stop = threading.Event()
        self.seen: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()

    @contextmanager
    def running(self) -> Iterator[None]:
        with ExitStack() as stack:
            if self.is_there():
                for stream in self._streams:
                    thread = threading.Thread(target=self._run, args=(stream,), daemon=True)
                    thread.start()
                    stack.callback(thread.join, 10)
                stack.callback(self._stop.set)
            yield

    def is_there(self) -> bool:
        """Whether the role stream runs at all."""
        try:
            return httpx.get(f"{self._url}/healthz", timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _run(self, stream: str) -> None:
        last = ""
        with httpx.Client(base_url=self._url, timeout=httpx.Timeout(10, read=2), trust_env=False) as client:
            while not self._stop.is_set():
                try:
                    for found in self._read(client, stream, last):
                        last = found
                except httpx.ReadTimeout:
                    continue
                except httpx.HTTPError as error:
                    self.troubles[type(error).__name__] += 1
                    self._stop.wait(1)

    def _read(self, client: httpx.Client, stream: str, last: str) -> Iterator[str]:
        """The ids that it names, as they come."""
        headers = {"accept": "text/event-stream"} | ({"last-event-id": last} if last else {})
        with client.stream("GET", f"/v2/stream/{stream}", headers=headers) as answer:
            if not answer.is_success:
                self.troubles[str(answer.status_code)] += 1
                self._stop.wait(1)
                return
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    yield line.removeprefix("id: ")
                elif line.startswith("data: ") and '"meta"' in line:
                    self.seen[stream] += 1
                if self._stop.is_set():
                    return


def example(path: str) -> dict[str, Any]:
    """The first example of a schema of the sample, without what the intake fills."""
    schema = yaml.safe_load((env.ROOT / "examples/schemas" / path / "latest.yaml").read_text())
    found: dict[str, Any] = schema["examples"][0]
    del found["meta"]
    return found
