"""Who sends: the client's address behind as many proxies as are trusted, and the network that limits count by."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from eventplatform.guard.request_head import RequestHead

FORWARDED_FOR = "x-forwarded-for"
_HOME_BITS = 64  # of IPv6: what one customer gets; a single address of it costs nothing
_LONGEST_CHAIN = 2048  # characters


@dataclass(frozen=True, slots=True)
class Proxies:
    """How many proxies stand in front, each adding to `header` the address that it was called from.

    With none, only the connection counts: any client can write a header. A header of a single address, such as
    `x-client-ip`, must be overwritten by the outermost proxy.
    """

    count: int = 0
    header: str = FORWARDED_FOR


def client_address(head: RequestHead, proxies: Proxies) -> str:
    """The client's address; the connection's own where the header is absent or holds no address there."""
    if not proxies.count:
        return head.peer
    given = head.header(proxies.header)[-_LONGEST_CHAIN:]
    chain = [_bare(part) for part in given.split(",") if part.strip()]
    # The last entry was written by the proxy next to us, the one before it by the proxy before that one, and so on;
    # whatever stands further to the left was sent by the client, and may be anything.
    place = 1 if proxies.header != FORWARDED_FOR else min(proxies.count, len(chain))
    return _checked(chain[-place]) or head.peer if chain else head.peer


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What limits count by: an IPv4 address, or the /64 that an IPv6 address lies in."""
    if ":" not in address:
        return address
    try:
        given = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if given.ipv4_mapped is not None:
        return str(given.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(given) >> _HOME_BITS << _HOME_BITS, _HOME_BITS)))


def _bare(part: str) -> str:
    """An entry without the port that some proxies add."""
    text = part.strip()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _checked(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
