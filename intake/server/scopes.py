"""From what the parser found to what an ASGI application is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools

from intake.server import refusals
from intake.server.refusals import RefusedError

if TYPE_CHECKING:
    from intake.server.connection import Connection

_OF_UPGRADES = frozenset({b"upgrade", b"http2-settings", b"connection"})


def scope(connection: Connection, method: str, version: str) -> dict[str, Any]:
    """The scope of the request whose headers are complete."""
    url = connection.url
    raw_path, _, query = url.partition(b"?")
    if not raw_path.startswith(b"/") or b"#" in url:
        raw_path, query = _parsed(url)
    path = raw_path.decode("ascii")
    return {
        "type": "http",
        "asgi": {"version": connection.asgi_version, "spec_version": "2.3"},
        "http_version": version,
        "method": method,
        "scheme": "http",
        "path": unquote(path) if "%" in path else path,
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": connection.headers,
        "client": connection.client,
        "server": connection.server,
        "state": connection.app_state.copy(),
    }


def _parsed(url: bytes) -> tuple[bytes, bytes]:
    """Path and query of an address in its absolute form, or of `*`."""
    if url == b"*":
        return url, b""
    try:
        parsed = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:
        raise RefusedError(refusals.MALFORMED) from None
    return parsed.path or b"/", parsed.query or b""


def without_upgrade(method: bytes, url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head of a request that no longer wishes for another protocol."""
    kept = [b"%s: %s\r\n" % (name, value) for name, value in headers if name not in _OF_UPGRADES]
    if any(name == b"connection" and b"close" in value.lower() for name, value in headers):
        kept.append(b"connection: close\r\n")
    return b"".join([b"%s %s HTTP/1.1\r\n" % (method, url), *kept, b"\r\n"])
