"""ClickHouse's HTTP interface: one statement a request, its data behind it, and what the server's errors mean for a slice."""

from __future__ import annotations

import functools
import re
import ssl
from collections.abc import Iterable
from typing import Any

import httpx
import orjson

from connectors.sinks.base import RecordRefusedError, StoreDeniedError, StoreUnavailableError
from eventplatform.core.errors import PlatformError

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_LONGEST_REASON = 200
_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ([^\n]*)")
_VALUE = re.compile(r"['\"“«].*['\"”»]", re.DOTALL)  # an error may quote what it could not read
# Of ClickHouse's own list of error codes: data that a column can't take; a right or a password that is missing.
_OF_DATA = frozenset({6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 131, 190, 321, 349, 368, 407, 469})
_DENIED = frozenset({164, 192, 193, 194, 497, 516})
_WORDS = {241: "it is short of memory", 243: "its disk is full", 252: "it has too many parts to merge", 202: "it is busy"}


class Client:
    """Kept connections to one server; statements name databases and tables in full."""

    def __init__(self, url: str, user: str, password: str, ca_file: str) -> None:
        self._http = httpx.Client(
            headers={"X-ClickHouse-User": user, "X-ClickHouse-Key": password} if user else {},
            base_url=url.rstrip("/"),
            verify=_trust(ca_file),
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def run(self, statement: str, data: Iterable[bytes] = ()) -> None:
        """Have a statement done; of an INSERT the lines of its format.

        Raises:
            RecordRefusedError: the data don't fit; nothing was written.
            StoreUnavailableError: no answer, or any other error.
        """
        self._send(b"".join([statement.encode(), b"\n", *data]))

    def rows(self, query: str) -> list[list[Any]]:
        """What a query answers: numbers beyond 53 bits as text."""
        text = self._send(f"{query} FORMAT JSONCompactEachRow".encode())
        try:
            return [orjson.loads(line) for line in text.splitlines()]
        except ValueError as error:
            raise StoreUnavailableError(reason="its answer is no JSON; is that address ClickHouse's?") from error

    def _send(self, content: bytes) -> bytes:
        try:
            answer = self._http.post("/", content=content)
        except httpx.HTTPError as error:
            raise StoreUnavailableError(reason=str(error) or type(error).__name__) from error
        except httpx.InvalidURL:
            raise StoreUnavailableError(reason="its URL can't be used") from None
        if answer.is_success and "X-ClickHouse-Exception-Code" not in answer.headers:
            return answer.content
        raise _refusal(answer)


def _refusal(answer: httpx.Response) -> PlatformError:
    """No reason quotes a value: where data are at fault it is the error's number alone."""
    found = _CODE.search(answer.text)
    if found is None:
        return StoreUnavailableError(reason=f"it answers {answer.status_code}; is that address ClickHouse's?")
    code, said = int(found[1]), _VALUE.sub("…", found[2])[:_LONGEST_REASON].rstrip(". ")
    if code in _OF_DATA:
        return RecordRefusedError(reason=f"ClickHouse's error {code}")
    if code in _DENIED:
        return StoreDeniedError(reason=said)
    return StoreUnavailableError(reason=f"{_WORDS.get(code, said)} (error {code})")


@functools.cache
def _trust(ca_file: str) -> ssl.SSLContext:
    """Reading all authorities takes longer than many a write, and a slice begins every few seconds."""
    return ssl.create_default_context(cafile=ca_file or None)
