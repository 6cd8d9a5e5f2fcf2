"""Every address of the role that is no stream: the page, the description, health and metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from django.conf import settings

from eventplatform import exposition
from monitoring.streaming import answers, description, page
from monitoring.streaming.answers import HTML, TEXT, Answer
from monitoring.streaming.errors import MethodRefusedError, PathUnknownError, StreamsStoppingError

if TYPE_CHECKING:
    from monitoring.streaming.connection import Request
    from monitoring.streaming.footing import Footing
    from monitoring.streaming.service import StreamService

Route = Callable[["Routes", "Request"], Awaitable[Answer]]

_UI = "/v2/ui"
_KEPT = (("cache-control", "public, max-age=300"),)
_FILES = {
    "/v2/ui/stream.js": ("static/stream.js", "text/javascript; charset=utf-8"),
    "/v2/ui/stream.css": ("static/stream.css", "text/css; charset=utf-8"),
    "/v2/ui/tokens.css": ("static/tokens.css", "text/css; charset=utf-8"),
    "/favicon.ico": ("static/favicon.svg", "image/svg+xml"),
}


class Routes:
    """Answers by path."""

    def __init__(self, service: StreamService, footing: Footing) -> None:
        self._service = service
        self._footing = footing
        root = Path(settings.BASE_DIR)
        self._files = {path: Answer(200, (root / name).read_bytes(), kind, _KEPT) for path, (name, kind) in _FILES.items()}

    async def answer(self, request: Request) -> Answer:
        """What stands at an address.

        Raises:
            PlatformError: nothing, or it can't be said now.
        """
        if request.method == "OPTIONS":
            return Answer(204, headers=(("allow", "GET, HEAD, OPTIONS"), ("access-control-max-age", "86400")))
        path = request.path.rstrip("/") or "/"
        if path in self._files:
            return self._files[path]
        route = _ROUTES.get(path)
        if route is None and not path.startswith("/_info/"):
            raise PathUnknownError
        if request.method not in {"GET", "HEAD"}:
            raise MethodRefusedError
        return await (route or Routes._info)(self, request)

    async def _root(self, request: Request) -> Answer:
        asked = {name for name, _ in parse_qsl(request.query, keep_blank_values=True)}
        if "spec" in asked:
            return answers.document(self._description())
        if "doc" in asked:
            return Answer(200, page.doc(self._description()), HTML)
        return Answer(302, b"", TEXT, (("location", _UI),))

    async def _ui(self, request: Request) -> Answer:
        caller = await self._service.caller(request)
        offered = self._footing.offers().of(caller)
        chosen = parse_qsl(request.query, keep_blank_values=False)
        body = page.ui(offered, chosen, is_signed_in=caller.user is not None)
        return Answer(200, body, HTML, (("cache-control", "private, no-cache"),))

    async def _info(self, request: Request) -> Answer:
        everything = {**description.INFO, "home": self._footing.home}
        part = request.path.removeprefix("/_info").strip("/")
        if part == "home":
            body = f"Moved Permanently. Redirecting to {self._footing.home}".encode()
            return Answer(301, body, TEXT, (("location", self._footing.home),))
        if part and part not in {"name", "version"}:
            raise PathUnknownError
        return answers.document({part: everything[part]} if part else everything)

    async def _robots(self, _: Request) -> Answer:
        return Answer(200, b"User-agent: *\nDisallow: /\n", TEXT)

    async def _healthz(self, _: Request) -> Answer:
        return answers.document({"status": "ok"})

    async def _readyz(self, request: Request) -> Answer:
        if self._service.is_stopping:
            return answers.of_error(StreamsStoppingError(), method=request.method, uri=request.uri)
        is_ready, told = self._footing.readiness()
        # Told, no more: clients keep their connections while the log is away.
        told["log"] = self._service.tail.trouble or "ok"
        told["clients"] = self._service.places.taken
        return answers.document(told, 200 if is_ready else 503)

    async def _metrics(self, _: Request) -> Answer:
        body = await self._service.ask(self._footing.metrics)
        return Answer(200, bytes(body) if isinstance(body, bytes) else b"", exposition.CONTENT_TYPE)

    def _description(self) -> Mapping[str, object]:
        # By what anybody may see: the description is no place for names of closed streams.
        return description.document(self._footing.offers().of(description.ANYBODY))


_ROUTES: Mapping[str, Route] = {
    "/": Routes._root,  # noqa: SLF001  # the class's own table
    _UI: Routes._ui,  # noqa: SLF001  # likewise
    "/_info": Routes._info,  # noqa: SLF001  # likewise
    "/robots.txt": Routes._robots,  # noqa: SLF001  # likewise
    "/healthz": Routes._healthz,  # noqa: SLF001  # likewise
    "/readyz": Routes._readyz,  # noqa: SLF001  # likewise
    "/metrics": Routes._metrics,  # noqa: SLF001  # likewise
}
