"""Which repositories may be asked for: URLs by allow-list, names of branches and folders, no host of an inner network."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from eventplatform.core.addresses import is_public
from registry.git.errors import (
    BadAddressError,
    BadBranchError,
    BadFolderError,
    PathRefusedError,
    PrivateHostError,
    SecretInAddressError,
    TransportRefusedError,
    UnreachableError,
)

TRANSPORTS = ("https", "ssh", "file")
_PORTS = {"https": 443, "ssh": 22}
_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]")
_HELPER = re.compile(r"[A-Za-z0-9+.-]*::")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SCP = re.compile(r"(?:(?P<user>[^@:/]+)@)?(?P<host>\[[^\]]+\]|[^@:/\[\]]+):(?P<path>[^:].*)")
_BAD_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]|\.\.|@\{|//|/\.|\.lock(/|$)")

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation allows; `private_hosts` with * means that inner networks are no secret here."""

    transports: Sequence[str] = TRANSPORTS
    file_roots: Sequence[str] = ("/",)
    private_hosts: Sequence[str] = ("*",)


@dataclass(frozen=True, slots=True)
class Address:
    """A repository that may be asked for; `url` is what git is given."""

    transport: str
    url: str
    host: str = ""
    port: int = 0


def address_of(url: str, rules: Rules) -> Address:
    """The address behind what a person wrote; no server is asked yet. A path is judged, and taken, by where its links lead."""
    if not url or _UNFIT.search(url) or url.startswith("-"):
        raise BadAddressError(reason="The URL is empty, begins with a dash or holds blanks or control characters.")
    if _HELPER.match(url):
        raise TransportRefusedError(transport=url.partition("::")[0] + "::", allowed=_listed(rules))
    if "://" in url:
        found = _from_url(url)
    elif url.startswith("/"):
        found = _from_file_url("", url)
    elif match := _SCP.fullmatch(url):
        found = _from_scp(url, match)
    else:
        raise BadAddressError(reason="That is neither a URL nor an absolute path.")
    if found.transport not in {*TRANSPORTS} & {*rules.transports}:
        raise TransportRefusedError(transport=found.transport, allowed=_listed(rules))
    return _real(found, rules) if found.transport == "file" else found


def _listed(rules: Rules) -> str:
    return ", ".join(rules.transports)


def _from_url(url: str) -> Address:
    transport = url.partition("://")[0].lower()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddressError(reason="The URL's host or port can't be read.") from None
    if transport not in TRANSPORTS:
        return Address(transport, url)
    if parts.password is not None or (parts.username is not None and transport != "ssh"):
        raise SecretInAddressError
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise BadAddressError(reason="The URL holds a query or a fragment.")
    if transport == "file":
        return _from_file_url(parts.netloc, parts.path)
    _check_host(parts.hostname or "", parts.username, parts.path)
    return Address(transport, transport + url[len(transport) :], (parts.hostname or "").lower(), port or _PORTS[transport])


def _from_file_url(host: str, path: str) -> Address:
    if host or not path.startswith("/") or unquote(path) != path:
        raise BadAddressError(reason="A file URL is file:// and an absolute path, without a host and escapes.")
    return Address("file", f"file://{path}")


def _from_scp(url: str, match: re.Match[str]) -> Address:
    host = match["host"].strip("[]")
    _check_host(host, match["user"], match["path"])
    return Address("ssh", url, host.lower(), _PORTS["ssh"])


def _check_host(host: str, user: str | None, path: str) -> None:
    if not _HOST.fullmatch(host) or (user is not None and not _USER.fullmatch(user)):
        raise BadAddressError(reason="The URL's host or user can't be one.")
    if path.startswith("-") or path in {"", "/"}:
        raise BadAddressError(reason="The URL names no repository on its host.")


def _real(address: Address, rules: Rules) -> Address:
    path = Path(address.url.removeprefix("file://"))
    try:
        real, roots = path.resolve(), [Path(root).resolve() for root in rules.file_roots]
    except (OSError, RuntimeError):  # links in a ring
        raise PathRefusedError from None
    if ".." in path.parts or "%" in str(real) or not any(real.is_relative_to(root) for root in roots):
        raise PathRefusedError
    return Address("file", f"file://{real}")


def check_branch(name: str) -> str:
    """The branch's name, if git could have it; nothing in it can be taken for an option or a pattern."""
    if name and (_BAD_IN_BRANCH.search(name) or name[0] in "-./" or name[-1] in "./" or name == "@"):
        raise BadBranchError
    return name


def check_folder(path: str) -> str:
    """The folder's path as git names it: no dot-folder, nothing that leaves the repository; `.` is the whole of it."""
    if path == ".":
        return path
    parts = path.removesuffix("/").split("/")
    if any(not part or part[0] in ".-" or _UNFIT.search(part) or set(part) & set(':\\*?"') for part in parts):
        raise BadFolderError
    return "/".join(parts)


def _system_resolve(host: str, port: int) -> Sequence[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def public_addresses(address: Address, rules: Rules, resolve: Resolve = _system_resolve) -> tuple[str, ...]:
    """The addresses that the host has now, all of them public; empty where inner ones are allowed.

    Git is told to use exactly these for https, so a name server that answers otherwise a moment later changes nothing.
    An ssh host proves itself by its key instead.
    """
    if not address.host or {"*", address.host} & {host.lower() for host in rules.private_hosts}:
        return ()
    try:
        found = tuple(dict.fromkeys(resolve(address.host, address.port)))
    except OSError as error:
        raise UnreachableError(reason=f"the name {address.host} leads nowhere ({error.strerror}).") from None
    for one in found:
        if not is_public(ipaddress.ip_address(one.partition("%")[0])):
            raise PrivateHostError(host=address.host, address=one)
    return found
