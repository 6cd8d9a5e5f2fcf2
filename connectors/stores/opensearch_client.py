"""HTTP to an OpenSearch cluster, or Elasticsearch: answers taken apart, and what they mean for a slice."""

from __future__ import annotations

import functools
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from connectors.sinks.base import StoreDeniedError, StoreUnavailableError

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_LONGEST_REASON = 200
_BUSY = {429, 502, 503, 504}
_DENIED = {401, 403}
_BULK = "/_bulk"
_NDJSON = {"Content-Type": "application/x-ndjson"}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Login:
    """How the cluster knows us; empty fields are left out."""

    user: str = ""
    password: str = ""
    api_key: str = ""
    ca_file: str = ""


class Client:
    """Kept connections to one address."""

    def __init__(self, url: str, login: Login) -> None:
        headers = {"Authorization": f"ApiKey {login.api_key}"} if login.api_key else {}
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            auth=(login.user, login.password) if login.user else None,
            headers=headers,
            verify=_trust(login.ca_file),
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, body: Any = None, *, fine: Iterable[int] = (), **params: str) -> tuple[int, Any]:
        """The status and the document of an answer: 2xx, or one of those that the caller calls `fine`.

        Raises:
            StoreUnavailableError: any other answer, or none.
        """
        content = None if body is None else orjson.dumps(body)
        answer = self._send(method, path, content, _JSON, params)
        if answer.is_success or answer.status_code in fine:
            return answer.status_code, _document(answer)
        raise refusal(answer.status_code, _error_of(answer), answer.headers)

    def bulk(self, lines: bytes) -> list[Mapping[str, Any]]:
        """The items of a bulk request, in its order: each with a `status`, and an `error` of `type` and `reason` or none.

        None at all where every one was taken, which is nearly always: a line of answer for each is much work on both sides.
        So the details are asked for by sending it once more; whatever was taken the first time is then a conflict.
        """
        if not self._bulk(lines, "errors")["errors"]:
            return []
        items = self._bulk(lines, "items.*.status,items.*.error.type,items.*.error.reason")["items"]
        return [next(iter(item.values())) for item in items]

    def _bulk(self, lines: bytes, answer_path: str) -> Any:
        answer = self._send("POST", _BULK, lines, _NDJSON, {"filter_path": answer_path})
        if not answer.is_success:
            raise refusal(answer.status_code, _error_of(answer), answer.headers)
        return _document(answer)

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], params: Mapping[str, str]
    ) -> httpx.Response:
        try:
            return self._http.request(
                method, path, content=content, headers=headers if content is not None else None, params=params
            )
        except httpx.HTTPError as error:
            raise StoreUnavailableError(reason=str(error) or type(error).__name__) from error
        except httpx.InvalidURL:
            raise StoreUnavailableError(reason="its URL can't be used") from None


@functools.cache
def _trust(ca_file: str) -> ssl.SSLContext:
    """Reading all authorities takes longer than many a write, and a slice begins every few seconds."""
    return ssl.create_default_context(cafile=ca_file or None)


def refusal(status: int, error: Mapping[str, Any], headers: Mapping[str, str]) -> StoreUnavailableError:
    """What a refused request means, and how long to wait; the server's reason is shown, for it is about no document."""
    reason = str(error.get("reason", ""))[:_LONGEST_REASON]
    if is_full(error):
        return full()
    if status in _DENIED:
        return StoreDeniedError(reason=f"it answers {status} {reason}".rstrip(" ."))
    retry_after = headers.get("retry-after", "")
    seconds = int(retry_after) if re.fullmatch(r"\d{1,5}", retry_after) else None
    told = "it is busy" if status in _BUSY else f"{error.get('type', 'its answer')}"
    return StoreUnavailableError(reason=f"{told} ({status}) {reason}".rstrip(" ."), retry_after=seconds)


def is_full(error: Mapping[str, Any]) -> bool:
    """True where an index takes nothing because a disk is nearly full."""
    return error.get("type") == "cluster_block_exception" and "flood-stage" in str(error.get("reason"))


def full() -> StoreUnavailableError:
    return StoreUnavailableError(
        reason="a disk of the cluster is beyond its flood-stage watermark, so the index takes nothing until there is room"
    )


def _document(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content) if answer.content else {}
    except ValueError as error:
        raise StoreUnavailableError(reason="its answer is no JSON; is that address OpenSearch's?") from error


def _error_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = orjson.loads(answer.content).get("error")
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {"reason": str(found or "")}
