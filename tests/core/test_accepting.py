"""Who gets the packed form."""

from __future__ import annotations

import pytest

from eventplatform.core.accepting import ranges, takes_gzip


@pytest.mark.parametrize(
    "header",
    [
        "gzip",
        "br, GZIP;q=0.1",
        "x-gzip",
        "*",
        "*;q=0.5, br",
        "deflate;q=0,gzip ; q=0.001",
        "gzip;q=1, identity",
        "gzip;q=0.5, identity;q=0.5",
        "identity;q=0, gzip;q=0.1",
        "gzip;level=9;q=1",
        "gzip;q=high",
    ],
)
def test_takes_gzip__named_with_a_weight__yes(header: str) -> None:
    assert takes_gzip(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "br",
        "identity",
        "gzip;q=0",
        "gzip; q=0.000, deflate",
        "GZIP ;Q=0",
        "*;q=0",
        "*, gzip;q=0",
        "gzip;q=0, *",
        "gzip;q=0.5, identity",
        "identity, *;q=0.5",
        "x-gzip-not",
        "nogzip",
        "a," * 100 + "gzip",
    ],
)
def test_takes_gzip__not_named_or_refused_or_less_wanted__no(header: str) -> None:
    assert not takes_gzip(header)


def test_ranges__weights_that_are_none__one() -> None:
    assert list(ranges("A/B;q=0.5, ,c;q=7,d;x=0;q = 0.25")) == [("a/b", 0.5), ("c", 1.0), ("d", 0.25)]
