"""Daemon threads that do what a pipeline says: started by the first call, more of them while requests wait for answers."""

from __future__ import annotations

import importlib
import os
import threading
import time
from typing import Any

import httpx

from eventclient.producing import config_file, posting
from eventclient.producing.jobs import Fetch, Idle, Send
from eventclient.producing.pipeline import Pipeline
from eventclient.producing.posting import Heard, Request
from eventclient.stats import log

# httpx loads these with its first request. A fork meanwhile would leave them half loaded in the child, for good.
for _name in ("httpcore", "certifi", "encodings.idna"):
    importlib.import_module(_name)

# Held while a client of httpx is made, which takes locks of Python's imports: a fork waits for it, some milliseconds.
_making = threading.Lock()
os.register_at_fork(before=_making.acquire, after_in_parent=_making.release, after_in_child=_making.release)


class Threads:
    """While they run they hold their `owner`, so that a client that nobody else holds is there to be flushed at exit."""

    def __init__(self, pipeline: Pipeline, platform_url: str, owner: object) -> None:
        self._owner = owner
        self._pipeline = pipeline
        self._options = pipeline.options
        self._platform_url = platform_url
        self._started = 0
        self._idle = 0
        self._http: httpx.Client | None = None
        pipeline.wake = self.wake

    def wake(self) -> None:
        """With the pipeline's lock held."""
        if self._idle:
            self._pipeline.lock.notify_all()
        elif self._started <= self._options.in_flight and not self._pipeline.is_closed:
            self._start()

    def close(self) -> None:
        if self._http is not None:
            self._http.close()

    def _start(self) -> None:
        self._started += 1
        thread = threading.Thread(target=self._run, name=f"eventclient-{self._started}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter ends, or there are no threads left; those that run go on
            self._started -= 1

    def _run(self) -> None:
        pipeline = self._pipeline
        while True:
            with pipeline.lock:
                job = pipeline.next()
                if isinstance(job, Idle):
                    if pipeline.is_closed:
                        return
                    self._idle += 1
                    pipeline.lock.wait(job.seconds)
                    self._idle -= 1
                    continue
            self._do(job)

    def _do(self, job: Fetch | Send) -> None:
        if isinstance(job, Send):
            heard = self._heard(posting.post(job, self._options))
            self._pipeline.answered(job, posting.fates(job, heard))
            return
        take(self._pipeline, self._heard(posting.question(self._platform_url, job, self._options)), self._platform_url)

    def _heard(self, request: Request) -> Heard:
        """The whole answer within `timeout_seconds`, however slowly it comes."""
        deadline = time.monotonic() + self._options.timeout_seconds
        try:
            with self._client().stream(request.method, request.url, headers=request.headers, content=request.body) as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if time.monotonic() > deadline or len(body) > posting.MOST_ANSWER_BYTES:
                        return Heard()
                return Heard(answer.status_code, answer.headers, body)
        except Exception as error:  # noqa: BLE001  # whatever the wire does: there was no answer
            return posting.unheard(request, error)

    def _client(self) -> httpx.Client:
        with _making:
            if self._http is None:
                self._http = httpx.Client(**http_options(self._pipeline))
            return self._http


def http_options(pipeline: Pipeline) -> dict[str, Any]:
    """What both kinds of httpx's clients take."""
    options = pipeline.options
    most = options.in_flight + 1
    return {
        "verify": options.verify,
        "proxy": options.proxy,
        "trust_env": options.trust_env,
        "transport": options.transport,
        "timeout": options.timeout_seconds,
        "limits": httpx.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=30),
    }


def take(pipeline: Pipeline, heard: Heard, platform_url: str) -> None:
    """Give the pipeline an answer about the configuration, and keep a good one in its file."""
    status, headers, body, clock_offset = posting.told(heard)
    if not pipeline.fetched(status, headers, body, clock_offset):
        holds = pipeline.configuration
        told = f"revision {holds.revision}" if holds else "nothing, so events wait; is it the platform's address?"
        host = posting.host_of(platform_url)
        log.warning("configuration.unread platform=%s status=%s holds=%s", host, status or "no answer", told)
    elif body is not None and pipeline.options.config_file is not None:
        config_file.write(pipeline.options.config_file, body)
