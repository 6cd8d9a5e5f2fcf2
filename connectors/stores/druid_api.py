"""Druid's HTTP interface, as far as supervisors, segments and queries need it; no error tells a secret."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from eventplatform.core.errors import FatalError

_TIMEOUT_SECONDS = 10.0
_LONGEST_REASON = 300
_SUPERVISORS = "/druid/indexer/v1/supervisor"
_DENIED = {401: "it does not know this user and password", 403: "the user lacks a right"}


class DruidRefusedError(FatalError):
    """Druid does not take what we ask for: trying again would change nothing."""

    code = "druid.refused"
    message = "Druid refuses {what}: {reason}."
    remedy = "Mend what it names (an option of the connector, or Druid's own configuration), then resume the connector."


class QueryTimeoutError(StoreUnavailableError):
    """A query took longer than it may."""

    code = "druid.query_timeout"
    message = "{reason}."
    remedy = "Ask for less, or let Druid have more time."


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Druid is, and who asks."""

    url: str
    query_url: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""


class Druid:
    """One open client. Not safe to share between threads."""

    def __init__(self, address: Address) -> None:
        self._url = address.url.rstrip("/")
        self._query_url = (address.query_url or address.url).rstrip("/")
        login = httpx.BasicAuth(address.username, address.password) if address.username else None
        self._client = httpx.Client(
            auth=login,
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
            verify=ssl.create_default_context(cafile=address.ca_file or None),
        )

    def close(self) -> None:
        self._client.close()

    def modules(self) -> list[str]:
        """The modules that Druid has loaded."""
        found = self._get("/status") or {}
        return [str(module.get("name", "")) for module in found.get("modules", ())]

    def supervisor(self, datasource: str) -> Mapping[str, Any] | None:
        """The spec of a datasource's supervisor; None without one."""
        found: Mapping[str, Any] | None = self._get(f"{_SUPERVISORS}/{_part(datasource)}")
        return found

    def supervisors(self) -> list[Mapping[str, Any]]:
        """All of them, each with its spec, and whether it is suspended."""
        return list(self._get(f"{_SUPERVISORS}?full") or ())

    def status(self, datasource: str) -> Mapping[str, Any]:
        """How a supervisor and its tasks are doing."""
        found = self._get(f"{_SUPERVISORS}/{_part(datasource)}/status") or {}
        payload: Mapping[str, Any] = found.get("payload") or {}
        return payload

    def put_supervisor(self, spec: Mapping[str, Any]) -> None:
        """Make it, or have it go on with this spec: its tasks publish what they have first."""
        self._post(_SUPERVISORS, spec, what="the supervisor's spec")

    def suspend(self, datasource: str) -> None:
        """Its tasks publish what they have and end."""
        self._post(f"{_SUPERVISORS}/{_part(datasource)}/suspend", what="to suspend a supervisor")

    def resume(self, datasource: str) -> None:
        """Read again, from the committed offsets."""
        self._post(f"{_SUPERVISORS}/{_part(datasource)}/resume", what="to resume a supervisor")

    def reset_offsets(self, datasource: str, pattern: str, offsets: Mapping[str, int]) -> None:
        """Replace the committed offsets of some partitions, named topic:partition."""
        partitions = {"type": "end", "stream": pattern, "partitionOffsetMap": dict(offsets)}
        body = {"type": "kafka", "partitions": partitions}
        self._post(f"{_SUPERVISORS}/{_part(datasource)}/resetOffsets", body, what="to reset offsets")

    def drop(self, datasource: str, interval: str) -> int:
        """Take the segments that lie in the interval out of use, and have them deleted; how many."""
        place = f"/druid/coordinator/v1/datasources/{_part(datasource)}/markUnused"
        found = self._post(place, {"interval": interval}, what="to drop an interval")
        gone = int((found or {}).get("numChangedSegments", 0))
        if gone:
            kill = {"type": "kill", "dataSource": datasource, "interval": interval}
            self._post("/druid/indexer/v1/task", kill, what="to delete segments")
        return gone

    def sample(self, spec: Mapping[str, Any]) -> Mapping[str, Any]:
        """What Druid would make of some records, by its own sampler."""
        found: Mapping[str, Any] = self._post("/druid/indexer/v1/sampler", spec, what="the sampler's spec") or {}
        return found

    def query(self, text: str, parameters: Sequence[Mapping[str, Any]], *, seconds: float, rows: int) -> list[dict[str, Any]]:
        """The rows of an SQL query, which Druid ends after so many seconds."""
        context = {"timeout": int(seconds * 1000), "sqlOuterLimit": rows, "sqlTimeZone": "UTC"}
        body = {"query": text, "parameters": list(parameters), "context": context}
        try:
            answer = self._client.post(f"{self._query_url}/druid/v2/sql", json=body, timeout=seconds + 2)
        except httpx.TimeoutException as error:
            raise QueryTimeoutError(reason=f"a query took more than {seconds:.0f} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise StoreUnavailableError(reason=f"asked for a query, {type(error).__name__}") from error
        if answer.status_code == httpx.codes.GATEWAY_TIMEOUT:
            raise QueryTimeoutError(reason=f"a query took more than {seconds:.0f} s")
        found: list[dict[str, Any]] = _read(answer, "the query") or []
        return found

    def _get(self, place: str) -> Any:
        with _errors(place):
            answer = self._client.get(self._url + place)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _read(answer, place)

    def _post(self, place: str, body: Mapping[str, Any] | None = None, *, what: str) -> Any:
        with _errors(what):
            answer = self._client.post(self._url + place, json=body or {})
        return None if answer.status_code == httpx.codes.NOT_FOUND else _read(answer, what)


@contextmanager
def _errors(what: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise StoreUnavailableError(reason=f"asked for {what}, {type(error).__name__}") from error


def _read(answer: httpx.Response, what: str) -> Any:
    status = answer.status_code
    if answer.is_success:
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise StoreUnavailableError(reason=f"asked for {what}, it answers no JSON: is this Druid's address?") from None
    if status in _DENIED:
        raise StoreDeniedError(reason=_DENIED[status])
    if answer.is_redirect:
        raise StoreUnavailableError(reason="it sends us to another server; name Druid's router, or the leading overlord")
    if answer.is_client_error and status not in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS):
        raise DruidRefusedError(what=what, reason=_reason(answer))
    raise StoreUnavailableError(reason=f"asked for {what}, it answers {status}")


def _reason(answer: httpx.Response) -> str:
    """Druid's own sentence, where it says one."""
    try:
        said = answer.json()
    except ValueError:
        return f"it answers {answer.status_code}"
    words = (said.get("errorMessage") or said.get("error") or "") if isinstance(said, dict) else ""
    first = str(words).strip().split("\n")[0].rstrip(".")
    return first[:_LONGEST_REASON] or f"it answers {answer.status_code}"


def _part(name: str) -> str:
    return quote(name, safe="")
