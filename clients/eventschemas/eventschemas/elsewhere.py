"""Schemas of other repositories: in folders, or behind the addresses that the configuration names, and no others."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eventplatform.core.errors import PlatformError, RetriableError
from eventplatform.core.names import is_schema_id
from registry.schema import documents, limits

_SECONDS = 10
_MAX_BYTES = 4 * limits.MAX_CHARACTERS
_ENDINGS = ("", ".yaml", ".json")


class ElsewhereError(RetriableError):
    """An address of the configuration doesn't answer."""

    code = "repository.unreachable"
    message = "{address} can't be read: {reason}."
    remedy = "Check the repositories in the configuration and the network, and run the command again."


@dataclass(frozen=True, slots=True)
class Folder:
    """Another repository's folder of schemas on this machine."""

    path: Path

    def find(self, schema_id: str) -> Mapping[str, Any] | None:
        """The document of an id, or None where the folder has no such file."""
        for ending in (".yaml", ".json"):
            file = self.path / f"{schema_id.lstrip('/')}{ending}"
            # An id has no `..`; a link may still lead elsewhere, and what lies there is none of this repository's.
            if file.is_file() and file.resolve().is_relative_to(self.path.resolve()):
                return _document(file.read_text(encoding="utf-8"), is_json=ending == ".json")
        return None


@dataclass(frozen=True, slots=True)
class Address:
    """Another repository behind http: a live registry, or any server of such files."""

    base: str

    def find(self, schema_id: str) -> Mapping[str, Any] | None:
        """The document of an id, or None where the server has no such file.

        Raises:
            ElsewhereError: the server can't be asked.
        """
        for ending in _ENDINGS:
            text = fetch(f"{self.base.rstrip('/')}{schema_id}{ending}")
            if text is not None:
                return _document(text, is_json=ending == ".json")
        return None


Source = Folder | Address


def sources_of(names: Sequence[str], root: Path) -> tuple[Source, ...]:
    """The repositories that a configuration names, in its order: http(s) addresses, or folders relative to `root`."""
    return tuple(_source(name, root) for name in names)


def _source(name: str, root: Path) -> Source:
    parts = urlsplit(name)
    if parts.scheme in {"http", "https"}:
        return Address(name)
    return Folder(root / (parts.path if parts.scheme == "file" else name))


def finder(sources: Sequence[Source]) -> Callable[[str], Mapping[str, Any] | None]:
    """Looks an id up in the repositories in order; asks for each id once."""
    kept: dict[str, Mapping[str, Any] | None] = {}

    def find(schema_id: str) -> Mapping[str, Any] | None:
        if schema_id not in kept:
            answers = (source.find(schema_id) for source in sources) if is_schema_id(schema_id) else iter(())
            kept[schema_id] = next((document for document in answers if document is not None), None)
        return kept[schema_id]

    return find


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows a redirect within its own server only."""

    def redirect_request(  # noqa: PLR0917  # the library's signature
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise ElsewhereError(address=req.full_url, reason=f"it sends us to {newurl[:200]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> str | None:
    """What an address answers; None where it says 404."""
    opener = urllib.request.build_opener(_Stay)
    request = urllib.request.Request(  # noqa: S310  # only http(s) gets here, from the configuration
        address, data=data, headers={"Accept": "application/json, application/yaml", **(headers or {})}
    )
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            content: bytes = answer.read(_MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        if error.code == 404:  # noqa: PLR2004  # not found
            return None
        raise ElsewhereError(address=address, reason=f"it answers {error.code} {_detail(error)}") from None
    except (OSError, ValueError) as error:
        raise ElsewhereError(address=address, reason=str(error)) from None
    if len(content) > _MAX_BYTES:
        raise ElsewhereError(address=address, reason=f"it answers more than {_MAX_BYTES} bytes")
    return content.decode("utf-8", "replace")


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return error.read(500).decode("utf-8", "replace")
    except OSError:
        return ""


def _document(text: str, *, is_json: bool) -> Mapping[str, Any]:
    document = documents.load(text, is_json=is_json)
    if not isinstance(document, dict):
        raise _NoObjectError
    return document


class _NoObjectError(PlatformError):
    """A referenced file holds something else than a schema."""

    code = "repository.no_schema"
    message = "The file that is referred to holds no schema."
    remedy = "Refer to a version file of a schema repository."
