"""Which addresses belong to everybody: what a person may make the platform connect to. Nothing of an inner network is one."""

from __future__ import annotations

import ipaddress

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")  # all that IPv6 has given to the public network; the rest is local or reserved
_INNER = (
    ipaddress.ip_network("192.0.0.0/24"),  # the protocols' own; older Pythons call most of it global
    ipaddress.ip_network("168.63.129.16/32"),  # a cloud's inner service at an address that looks like any other
)


def is_public(address: Ip) -> bool:
    """True for an address of the public network; an IPv6 address that wraps an IPv4 one is judged by what it wraps."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        return address in _UNICAST and address.is_global
    return address.is_global and not address.is_multicast and not any(address in network for network in _INNER)
