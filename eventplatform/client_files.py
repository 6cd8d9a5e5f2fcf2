"""`/client/`: the JavaScript client as browsers load it, from the platform itself, and the lines that need no more than it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from eventplatform.core.accepting import takes_gzip
from eventplatform.core.errors import RejectedError
from eventplatform.problems import problem_response, unlogged

FOLDER = settings.BASE_DIR / "clients" / "javascript" / "dist"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
_SCRIPT = "text/javascript; charset=utf-8"
_TYPES = {".js": _SCRIPT, ".mjs": _SCRIPT, ".ts": "application/typescript; charset=utf-8", ".map": "application/json"}
_KEPT = "public, max-age=300"  # so a new client reaches every page within five minutes
_MAIN = "eventplatform.js"


class ClientFileMissingError(RejectedError):
    """There is no such file of the JavaScript client."""

    code = "client.file_missing"
    http_status = 404
    message = "The JavaScript client has no file {name}."
    remedy = "See /client/ for those that it has."


class ClientNotBuiltError(RejectedError):
    """This installation came without the built JavaScript client."""

    code = "client.not_built"
    http_status = 404
    message = "The JavaScript client is not built here."
    remedy = "Run `npm ci && npm run build` in clients/javascript, or install from a checkout that holds its dist folder."


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A file as it is sent, plain and packed."""

    name: str
    plain: bytes
    packed: bytes
    digest: str  # SHA-384, base64

    @property
    def integrity(self) -> str:
        """What a page writes beside the address, so that its browser runs nothing else."""
        return f"sha384-{self.digest}"

    @property
    def kilobytes(self) -> float:
        """What a browser loads."""
        return len(self.packed) / 1000


@require_safe
def client_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """One file. A query is ignored, so that a page may name a version in it."""
    found = _file(FOLDER / name) if _is_offered(FOLDER / name) else None
    if found is None:
        return _missing(name)
    is_packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
    etag = f'"{found.digest[:16]}{"-gz" if is_packed else ""}"'
    response = get_conditional_response(request, etag=etag)
    if response is None or response.status_code != HTTPStatus.NOT_MODIFIED:
        response = HttpResponse(found.packed if is_packed else found.plain, content_type=_TYPES[Path(name).suffix])
        if is_packed:
            response["Content-Encoding"] = "gzip"
    return _shared(response, etag)


@require_safe
def client_index(request: HttpRequest) -> HttpResponse:
    """The files with their integrity, and how a page begins."""
    files = [one for path in sorted(FOLDER.glob("*")) if _is_offered(path) and (one := _file(path))]
    main = next((one for one in files if one.name == _MAIN), None)
    example = _EXAMPLE.format(origin=f"{request.scheme}://{request.get_host()}", name=_MAIN) if main else ""
    pinned = _PINNED.format(origin=f"{request.scheme}://{request.get_host()}", one=main) if main else ""
    return render(request, "client_files.html", {"files": files, "example": example, "pinned": pinned})


_EXAMPLE = """\
<script src="{origin}/client/{name}"></script>
<script>
  const clicks = eventplatform.connect("{origin}", {{consent: true}}).instrument("navigation-clicks");
  clicks.submit({{button_name: "save"}});
</script>"""
_PINNED = '<script src="{origin}/client/{one.name}" integrity="{one.integrity}" crossorigin="anonymous"></script>'


def _is_offered(path: Path) -> bool:
    is_inside = path.parent == FOLDER  # a name may hold slashes
    return is_inside and _NAME.fullmatch(path.name) is not None and path.suffix in _TYPES and path.is_file()


def _file(path: Path) -> ClientFile | None:
    try:
        seen = path.stat()
        return _read(path, seen.st_mtime_ns, seen.st_size)
    except FileNotFoundError:  # replaced a moment ago by a build
        return None


@lru_cache(maxsize=50)
def _read(path: Path, _changed_at: int, _size: int) -> ClientFile:
    plain = path.read_bytes()
    digest = base64.b64encode(hashlib.sha384(plain).digest()).decode()
    return ClientFile(path.name, plain, gzip.compress(plain, 9, mtime=0), digest)


def _missing(name: str) -> HttpResponseBase:
    is_built = (FOLDER / _MAIN).is_file()
    error = ClientFileMissingError(name=name[:100]) if is_built else ClientNotBuiltError()
    return _shared(unlogged(problem_response(error)))


def _shared(response: HttpResponseBase, etag: str = "") -> HttpResponseBase:
    """Pages of any origin may load it, also those that isolate themselves."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    if etag:
        response["ETag"], response["Cache-Control"], response["Vary"] = etag, _KEPT, "Accept-Encoding"
    return response
