"""Pages of a stranger's site, on a port of their own, that send events with the JavaScript client."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.e2e.platform import Platform
from tests.free_ports import free_ports

IN_SAMPLE = "00000001" + "0" * 12  # of every rate above 0
OUT_OF_SAMPLE = "fffffffe" + "0" * 12  # of every rate below 1


class Site:
    """A static server: each address is the HTML that was put there."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.url = f"http://localhost:{free_ports()}"

    def __enter__(self) -> Self:
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html = pages.get(urlsplit(self.path).path)
                body = (html or "").encode()
                self.send_response(404 if html is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Requests are told by the browser."""

        self._server = ThreadingHTTPServer(("127.0.0.1", urlsplit(self.url).port or 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Visit:
    """A browser window of its own on such pages: what it sent, and whatever it complained of."""

    platform: Platform
    site: Site
    context: BrowserContext
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self, script: str, *, path: str = "/page", hash_: str = "") -> Page:
        """A page whose own script is this one, behind the client's."""
        self.put(path, script)
        page = self.watched(self.context.new_page())
        page.goto(f"{self.site.url}{path}{hash_}")
        return page

    def put(self, path: str, script: str) -> None:
        self.site.pages[path] = page_of(self.platform, script)

    def watched(self, page: Page) -> Page:
        page.on("request", lambda one: self.requests.append(one) if "/v1/events" in one.url and one.method == "POST" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda one: (self.complaints if one.type == "error" else self.said).append(one.text))
        return page

    def sent(self) -> list[list[dict[str, Any]]]:
        """The events of each request to an intake."""
        return [json.loads(one.post_data or "[]") for one in self.requests]


def page_of(platform: Platform, script: str) -> str:
    """A whole page: the client, then its own script, which knows the platform's address as PLATFORM."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Garden</title><link rel="icon" href="data:,">'
        f'<button id="save">Save</button><script src="{platform.url}/client/eventplatform.js"></script>'
        f"<script>const PLATFORM = {json.dumps(platform.url)};\n{script}</script></html>"
    )


@contextmanager
def visiting(platform: Platform, browser: Browser, site: Site, **context: Any) -> Iterator[Visit]:
    """A person with a browser of their own, nothing stored in it yet."""
    opened = browser.new_context(**context)
    try:
        yield Visit(platform, site, opened)
    finally:
        opened.close()


def stored(
    platform: Platform, table: str, column: str, value: str, wanted: Sequence[str] = ("meta__id",)
) -> list[tuple[Any, ...]]:
    """The rows of the sample's store with that value, in the order of the log."""
    fields = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(one) for one in wanted)
    query = psycopg.sql.SQL("SELECT {} FROM {} WHERE {} = %s ORDER BY _offset")
    try:
        with psycopg.connect(platform.warehouse) as connection:
            names = (fields, psycopg.sql.Identifier("events", table), psycopg.sql.Identifier(column))
            return connection.execute(query.format(*names), [value]).fetchall()
    except psycopg.errors.UndefinedTable:  # made by the stream's first event
        return []
