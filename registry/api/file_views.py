"""Schemas as files: the reference's addresses under /repositories/."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from eventplatform.core.errors import RejectedError
from registry.api import answers, negotiation, serving
from registry.api.errors import MethodError, NoSuchFileError, NotAcceptableError
from registry.models import Repository, SchemaVersion
from registry.moments import one_moment

_METHODS = ("GET", "HEAD", "OPTIONS")
_YEAR = "public, max-age=31536000, immutable"  # a published version never changes
_MINUTE = "public, max-age=60"
# What an address without an ending can be answered with; the first is the answer to a client that has no wish. A browser,
# which asks for HTML, gets text that it shows instead of saving it.
_OFFERS: dict[str, tuple[str, serving.Form]] = {
    "application/yaml": ("application/yaml", "yaml"),
    "application/schema+json": ("application/schema+json", "json"),
    "application/json": ("application/json", "json"),
    "text/yaml": ("text/yaml", "yaml"),
    "application/x-yaml": ("application/x-yaml", "yaml"),
    "text/plain": ("text/plain", "yaml"),
    "text/html": ("text/plain", "yaml"),
}
_CONTENT_TYPES: dict[serving.Form, str] = {
    "yaml": "application/yaml",
    "json": "application/schema+json",
    "markdown": "text/markdown",
}
_JSON, _HTML = "application/json", "text/html"
_MAX_SHOWN = 200


def _public(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Any origin may read; other methods, and what is not there, are answered with a problem document."""
    at_one_moment = one_moment(view)

    @csrf_exempt  # nothing is written here: a POST is told so, whatever its token
    @functools.wraps(view)
    def answer(request: HttpRequest, **parts: str) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return answers.preflight(_METHODS)
        try:
            if request.method not in _METHODS:
                raise MethodError(allowed=", ".join(_METHODS))
            return answers.shared(at_one_moment(request, **parts))
        except RejectedError as error:
            return answers.of_error(error)

    return answer


@_public
def file_or_folder(request: HttpRequest, repository: str, path: str) -> HttpResponseBase:
    """A version's file, a file that belongs to its title, or the listing of a folder, which ends with a slash."""
    path = path.removeprefix("/")  # what a base that ends with a slash and an id make, as the reference takes it
    if path.endswith("/") or not path:
        entries = serving.listing(repository, path.removesuffix("/"))
        return _listing(request, entries, f"{repository}/jsonschema/{path}")
    wanted = serving.parse(path)
    version = serving.find(repository, wanted) if wanted else None
    if wanted is not None and version is not None:
        response = _file(request, wanted, version)
        if response is not None:
            return response
    if serving.listing(repository, path):
        return HttpResponsePermanentRedirect(f"{request.path}/")
    raise _missing(f"{repository}/jsonschema/{path}")


@_public
def repositories(request: HttpRequest) -> HttpResponseBase:
    """The names of all repositories."""
    return _listing(request, serving.repositories(), "")


@_public
def repository_root(request: HttpRequest, repository: str) -> HttpResponseBase:
    """What a repository holds: its folder of schemas."""
    found = Repository.objects.filter(name=repository).first()
    entries = (serving.Entry("jsonschema", "directory", found.imported_at),) if found else ()
    return _listing(request, entries, f"{repository}/")


@_public
def without_slash(request: HttpRequest, repository: str = "") -> HttpResponseBase:
    """A folder above the schemas, asked for as if it were a file."""
    if repository and not Repository.objects.filter(name=repository).exists():
        raise _missing(repository)
    return HttpResponsePermanentRedirect(f"{request.path}/")


@_public
def nothing(_request: HttpRequest, place: str) -> HttpResponseBase:
    """Whatever else is asked for below /repositories/: the platform has no file system to look into."""
    raise _missing(place)


def _missing(place: str) -> NoSuchFileError:
    return NoSuchFileError(place=place[:_MAX_SHOWN])


def _file(request: HttpRequest, wanted: serving.Wanted, version: SchemaVersion) -> HttpResponseBase | None:
    """The file in the form that the address or the client names; None where the title has no such file."""
    content_type, form = _negotiated(request, wanted)
    file = serving.file_of(version, form) if wanted.version else serving.title_file(version, wanted.name)
    if file is None:
        return None
    response = answers.file(request, file, content_type)
    response["Cache-Control"] = _MINUTE if wanted.version in {"", "latest"} else _YEAR
    if wanted.form is None:
        patch_vary_headers(response, ["Accept"])
    if wanted.version:
        place = f"{wanted.folder}/{version.version}.{form}"
        response["Content-Location"] = reverse("repository-path", args=[version.title.repository.name, place])
        answers.tell_deprecation(response, version)
    return response


def _negotiated(request: HttpRequest, wanted: serving.Wanted) -> tuple[str, serving.Form]:
    """The type to answer with: the address' ending, or else what the client wants."""
    if wanted.form is not None:
        return _CONTENT_TYPES[wanted.form], wanted.form
    chosen = negotiation.preferred(request.headers.get("Accept"), list(_OFFERS))
    if chosen is None:
        raise NotAcceptableError(offers=", ".join(_OFFERS))
    return _OFFERS[chosen]


def _listing(request: HttpRequest, entries: tuple[serving.Entry, ...], place: str) -> HttpResponseBase:
    """As JSON in the order of nginx, or as a page for a browser, which is its reader's own: it bears their name."""
    if not entries and place:
        raise _missing(place)
    response: HttpResponse
    if negotiation.preferred(request.headers.get("Accept"), [_JSON, _HTML]) == _HTML:
        context = {"entries": entries, "place": place, "crumbs": _crumbs(place), "title": _title(entries, place)}
        response = render(request, "registry/listing.html", context)
        response["Cache-Control"] = "private, no-cache"
    else:
        in_order = sorted(entries, key=lambda entry: (entry.type != "directory", entry.name))
        response = JsonResponse([entry.as_json() for entry in in_order], safe=False)
        response["Cache-Control"] = _MINUTE
        response = answers.conditional(request, response, f'"{hashlib.sha256(response.content).hexdigest()[:32]}"')
    patch_vary_headers(response, ["Accept"])
    return response


def _crumbs(place: str) -> list[tuple[str, str]]:
    """Every folder on the way to a place with its relative address; the last one, where the reader is, has none."""
    parts = ["repositories", *place.strip("/").split("/")] if place else ["repositories"]
    return [(name, "../" * (len(parts) - 1 - depth)) for depth, name in enumerate(parts)]


def _title(entries: tuple[serving.Entry, ...], place: str) -> str:
    """The title whose folder a place is; empty for a folder of folders."""
    return place.partition("/jsonschema/")[2].strip("/") if any(entry.type == "file" for entry in entries) else ""
