"""What a URL may look like, and which addresses its host has: all of them must be public, whatever way they are spelt."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from eventplatform.core.addresses import is_public
from eventplatform.outbound.errors import OutboundUnreachableError, OutboundUrlError, PrivateAddressError

Resolve = Callable[[str, int], Sequence[str]]

_PORTS = {"http": 80, "https": 443}
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")
# A host whose last label is a number is an address to a resolver, in any of its many spellings.
_NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")
_MAX_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart."""

    scheme: str
    host: str  # a name, or an address without brackets
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """The parts of a URL that may be called; no server is asked yet.

    Raises:
        OutboundUrlError: it is none, or its host is spelt in a way that only hides what it is.
    """
    if len(url) > _MAX_LENGTH or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise OutboundUrlError(reason="The URL is too long, or holds blanks, backslashes or other than ASCII characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OutboundUrlError(reason="The URL's host or port can't be read.") from None
    if parts.scheme not in _PORTS:
        raise OutboundUrlError(reason="The URL begins neither with https:// nor with http://.")
    if "@" in parts.netloc:
        raise OutboundUrlError(reason="The URL holds a user or a password.")
    if port == 0 or parts.netloc.endswith(":"):
        raise OutboundUrlError(reason="The URL's port can't be one.")
    path = quote(parts.path or "/", safe="/%:;=@!$&'()*+,~-._") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname or ""), port or _PORTS[parts.scheme], path)


def _host(host: str) -> str:
    is_number = ":" in host or _NUMBER.fullmatch(host)
    try:
        plain = str(ipaddress.ip_address(host)) if is_number and "%" not in host else ""
    except ValueError:
        plain = ""
    if is_number and not plain:
        raise OutboundUrlError(reason="The URL's host is an address, but not written as one.")
    if not is_number and not _NAME.fullmatch(host):
        raise OutboundUrlError(reason="The URL's host can't be one.")
    return plain or host


def checked_addresses(target: Target, *, private_hosts: Collection[str], resolve: Resolve) -> tuple[str, ...]:
    """The addresses that the host has at this moment, to connect to these and no others.

    Raises:
        PrivateAddressError: one of them is not public, and the host is not named in `private_hosts`.
        OutboundUnreachableError: the name leads nowhere.
    """
    try:
        found = tuple(dict.fromkeys(resolve(target.host, target.port)))
    except TimeoutError:
        raise
    except (OSError, UnicodeError):
        found = ()
    if not found:
        raise OutboundUnreachableError(host=target.host, reason="the name leads nowhere")
    if {"*", target.host} & {host.lower() for host in private_hosts}:
        return found
    for one in found:
        if "%" in one or not is_public(ipaddress.ip_address(one)):
            raise PrivateAddressError(host=target.host, address=one)
    return found


def require_no_inner_address(url: str, *, private_hosts: Collection[str]) -> None:
    """Refuse what can be seen without asking a name server: for forms, whose author is still there to be told.

    Raises:
        RejectedError: the URL is none, or its host is written as an address that is not public.
    """
    target = target_of(url)
    if ":" in target.host or _NUMBER.fullmatch(target.host):
        checked_addresses(target, private_hosts=private_hosts, resolve=lambda host, _: [host])


def system_resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as this machine finds them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
