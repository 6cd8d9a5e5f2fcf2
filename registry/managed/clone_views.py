"""Managed repositories to clone and fetch over http, as git speaks it; read-only, bounded in bytes, time and number at once."""

from __future__ import annotations

import logging
import os
import re
import selectors
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import IO

from django.core.exceptions import RequestDataTooBig
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from eventplatform.core.errors import PlatformError
from registry.git.command import Git, end, environment
from registry.managed import commits
from registry.models import Repository

log = logging.getLogger(__name__)

_SERVICE = "git-upload-pack"
_MAX_REQUEST_BYTES = 4 << 20  # unpacked; a clone asks with a few hundred bytes
_MAX_ANSWER_BYTES = 512 << 20
_IN_MEMORY_BYTES = 4 << 20
_SECONDS = 60.0
_WAIT_SECONDS = 10.0
_AT_ONCE = threading.BoundedSemaphore(4)  # of this process; the others wait for a while, then are asked to come again
_CHUNK = 1 << 16
_PROTOCOL = re.compile(r"version=[012]")


class _RefusedError(Exception):
    """What the client is told; git shows a plain text behind `remote:`."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@require_safe
def address(_request: HttpRequest, repository: str) -> HttpResponseBase:
    """Where somebody lands who opens the clone's address in a browser."""
    return HttpResponseRedirect(f"/repositories/{repository}/")


@require_safe
def info_refs(request: HttpRequest, repository: str) -> HttpResponseBase:
    """The first question of a clone: which branches are there, at which commits."""
    service = request.GET.get("service", "")
    if service == "git-receive-pack":
        return push(request, repository)
    if service != _SERVICE:
        return _text(HTTPStatus.FORBIDDEN, "Only git's smart protocol is spoken here: git clone <this address>.")
    protocol = request.headers.get("Git-Protocol", "")
    head = b"" if protocol == "version=2" else b"001e# service=git-upload-pack\n0000"
    return _answer(repository, "advertisement", protocol, ["--http-backend-info-refs"], head=head)


@csrf_exempt  # it changes nothing and asks for no cookie
@require_POST
def upload_pack(request: HttpRequest, repository: str) -> HttpResponseBase:
    """The second one: the commits that the client lacks."""
    if request.content_type != f"application/x-{_SERVICE}-request":
        return _text(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "This address is git's: git clone <the address above>.")
    try:
        body = _body(request)
    except _RefusedError as refused:
        return _text(refused.status, str(refused))
    return _answer(repository, "result", request.headers.get("Git-Protocol", ""), [], body=body)


@csrf_exempt  # it refuses whatever comes
def push(_request: HttpRequest, repository: str) -> HttpResponseBase:
    """Nobody pushes: a version is published by two people, on the pages."""
    words = (
        f"The repository {repository} is read-only over git. Draft the version at /schemas/drafts; another person publishes it."
    )
    return _text(HTTPStatus.FORBIDDEN, words)


def elsewhere(_request: HttpRequest, repository: str, rest: str) -> HttpResponseBase:
    """Anything else that a git folder holds."""
    return _text(
        HTTPStatus.NOT_FOUND, f"There is no {rest[:200]} at {repository}.git: only git's smart protocol is spoken here."
    )


def _answer(
    repository: str, kind: str, protocol: str, options: list[str], *, head: bytes = b"", body: bytes = b""
) -> HttpResponseBase:
    try:
        with _one_of_few():
            output = _run(_folder(repository), protocol, options, head, body)
    except _RefusedError as refused:
        return _text(refused.status, str(refused))
    except PlatformError as error:
        log.exception("clone.failed", extra={"repository": repository})
        return _text(HTTPStatus.SERVICE_UNAVAILABLE, f"{error} {error.hint}")
    response = FileResponse(output, content_type=f"application/x-{_SERVICE}-{kind}")
    response["Cache-Control"] = "no-cache, max-age=0, must-revalidate"
    return response


def _folder(name: str) -> Path:
    repository = Repository.objects.filter(name=name).first()
    if repository is None:
        raise _RefusedError(HTTPStatus.NOT_FOUND, f"There is no repository {name}.")
    if repository.kind != Repository.Kind.MANAGED:
        raise _RefusedError(HTTPStatus.NOT_FOUND, f"The repository {name} isn't the platform's own: clone it where it is kept.")
    return commits.bare_folder(repository)


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "Too many clones at once; try again in a moment.")
    try:
        yield
    finally:
        _AT_ONCE.release()


def _run(folder: Path, protocol: str, options: list[str], head: bytes, body: bytes) -> IO[bytes]:
    """Git's answer, whole, in a file: how fast the client reads holds up nobody."""
    extra = {"GIT_PROTOCOL": protocol} if _PROTOCOL.fullmatch(protocol) else {}
    git = Git(environment(folder, "none", extra=extra), folder)
    output = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # the response closes it
    output.write(head)
    with tempfile.TemporaryFile() as asked:
        asked.write(body)
        asked.seek(0)
        process = git.start("upload-pack", "--stateless-rpc", *options, str(folder), stdin=asked.fileno())
        try:
            for chunk in _chunks(process.stdout, process.stderr):  # type: ignore[arg-type]  # both are pipes
                output.write(chunk)
                if output.tell() > _MAX_ANSWER_BYTES:
                    raise _RefusedError(HTTPStatus.INSUFFICIENT_STORAGE, "The repository is too large to be cloned over http.")
        finally:
            end(process)
    output.seek(0)
    return output


def _chunks(output: IO[bytes], errors: IO[bytes]) -> Iterator[bytes]:
    deadline = time.monotonic() + _SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        selector.register(errors, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0, deadline - time.monotonic()))
            if not ready:
                raise _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, f"Git was stopped after {_SECONDS:.0f} seconds; try again.")
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is output:
                    yield chunk
                else:
                    log.warning("clone.git_said", extra={"said": chunk[:500].decode(errors="replace")})


def _body(request: HttpRequest) -> bytes:
    """The question, unpacked where git packed it."""
    too_large = _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The question is larger than any clone asks.")
    try:
        body = request.body
    except RequestDataTooBig:
        raise too_large from None
    if request.headers.get("Content-Encoding", "") in {"gzip", "x-gzip"}:
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body = unpacking.decompress(body, _MAX_REQUEST_BYTES)
        except zlib.error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "The question is no gzip.") from None
        if unpacking.unconsumed_tail:
            raise too_large
    return body


def _text(status: HTTPStatus, text: str) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "5"
    return response
