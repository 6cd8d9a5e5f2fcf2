"""Whose address counts behind proxies, and what a forged chain gains. Row 17 of the security table."""

from __future__ import annotations

import pytest

from eventplatform.guard.client_addresses import Proxies, client_address, network_of
from tests.guard.guarding import head

CLIENT, FORGED, INNER, PEER = "203.0.113.9", "198.51.100.66", "10.0.0.5", "10.0.0.7"


@pytest.mark.parametrize(
    ("count", "chain", "expected"),
    [
        (0, "", PEER),
        (0, FORGED, PEER),  # nobody is trusted: what a client writes counts for nothing
        (1, "", PEER),
        (1, CLIENT, CLIENT),
        (1, f"{FORGED}, {CLIENT}", CLIENT),
        (1, f"{FORGED},{FORGED},{FORGED}, {CLIENT}", CLIENT),
        (1, ",".join([FORGED] * 10_000) + f", {CLIENT}", CLIENT),
        (2, f"{CLIENT}, {INNER}", CLIENT),
        (2, f"{FORGED}, {CLIENT}, {INNER}", CLIENT),
        (2, CLIENT, CLIENT),  # came past the outer proxy
        (3, f"{FORGED}, {CLIENT}, {INNER}, {INNER}", CLIENT),
        # no addresses at all
        (1, "unknown", PEER),
        (1, "<script>", PEER),
        (1, f"{FORGED}, _hidden", PEER),
        (1, ", ,", PEER),
        # ports, as some proxies add them
        (1, f"{CLIENT}:4711", CLIENT),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_client_address__chain__only_what_trusted_proxies_wrote_counts(count: int, chain: str, expected: str) -> None:
    assert client_address(head({"x-forwarded-for": chain}, peer=PEER), Proxies(count)) == expected


def test_client_address__other_header__forwarded_for_is_not_believed() -> None:
    given = head({"x-forwarded-for": FORGED, "x-client-ip": CLIENT}, peer=PEER)

    assert client_address(given, Proxies(1, "x-client-ip")) == CLIENT
    assert client_address(given, Proxies(0, "x-client-ip")) == PEER


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (CLIENT, CLIENT),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", CLIENT),
        ("", ""),
        ("not:an:address", "not:an:address"),
    ],
)
def test_network_of__ipv6__is_the_64_that_one_customer_gets(address: str, network: str) -> None:
    assert network_of(address) == network
