"""A batch as a request, and an answer as the fate of its events; the clients add how it travels."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

import orjson

from eventclient.contract import answers
from eventclient.contract.answers import Answer
from eventclient.contract.timeline import clock_offset
from eventclient.producing.calls import now_ms
from eventclient.producing.jobs import Fetch, Send
from eventclient.producing.options import Options
from eventclient.stats import log

MOST_ANSWER_BYTES: Final = 8_000_000  # an answer may list each event of a batch; more is no answer of an intake
AGENT: Final = "eventclient/0.1.0"


class Request(NamedTuple):
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None


class Heard(NamedTuple):
    """`status` is None where there was no answer."""

    status: int | None = None
    headers: Mapping[str, str] = {}
    body: bytes = b""


def post(send: Send, options: Options) -> Request:
    body = b"[" + b",".join([item.text for item in send.items]) + b"]"
    headers = {"Content-Type": "application/json", "User-Agent": AGENT, **dict(send.items[0].headers)}
    if options.key is not None:
        headers["Authorization"] = f"Bearer {options.key}"
    if options.debug:
        headers["X-Debug-Id"] = str(options.debug)
    if options.gzip_above is not None and len(body) > options.gzip_above:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return Request("POST", send.url, headers, body)


def fates(send: Send, heard: Heard) -> Answer:
    return answers.read(heard.status, heard.headers, _json(heard.body), count=len(send.items), attempt=send.attempt)


def question(platform_url: str, fetch: Fetch, options: Options) -> Request:
    asked = {"streams": "|".join(options.streams), "instruments": "|".join(options.instruments), "scope": options.site or ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    headers = {"User-Agent": AGENT, "Accept": "application/json"}
    if fetch.etag is not None:
        headers["If-None-Match"] = fetch.etag
    return Request("GET", f"{platform_url.rstrip('/')}/api/v1/client{'?' if query else ''}{query}", headers)


def told(heard: Heard) -> tuple[int | None, dict[str, str], Any, float]:
    """An answer about the configuration, as `Pipeline.fetched` takes it."""
    headers = dict(heard.headers)
    return heard.status, headers, _json(heard.body), clock_offset(headers.get("date"), now_ms())


def unheard(request: Request, error: Exception) -> Heard:
    """There was no answer: whatever the wire did, it is told and ends nothing."""
    log.info("request.failed method=%s host=%s error=%s", request.method, host_of(request.url), _words_of(error))
    return Heard()


def host_of(url: str) -> str:
    """Without an account that may stand in it; empty where the address is none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _words_of(error: BaseException) -> str:
    """`Connection refused`, where the system said something; else the error's name."""
    words, cause = "", error.__cause__
    while cause is not None:
        words = (cause.strerror or "") if isinstance(cause, OSError) else words
        cause = cause.__cause__ or cause.__context__
    return words or type(error).__name__


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None
