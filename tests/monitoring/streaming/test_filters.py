"""The little language of filters: what matches, and what is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.streaming import filters
from monitoring.streaming.errors import FilterUnreadableError

EVENT: dict[str, Any] = {
    "$schema": "/sample/page/1.0.0",
    "meta": {"domain": "en.wikipedia.org", "dt": "2026-11-25T15:00:00Z"},
    "page": {"title": "Talk:Tea", "id": 42, "is_redirect": False, "size": 3.5, "summary": None, "a/b": "slash", "c.d": "dot"},
    "tags": ["mobile", "visual"],
    "revisions": [{"id": 1, "user": "Ada"}, {"id": 7}],
    "text": "a|b",
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("meta.domain=en.wikipedia.org", True),
        ("/meta/domain=en.wikipedia.org", True),
        ("meta.domain=de.wikipedia.org", False),
        ("meta.domain=de.wikipedia.org|en.wikipedia.org", True),
        ("meta.domain!=de.wikipedia.org", True),
        ("meta.domain!=de.wikipedia.org|en.wikipedia.org", False),
        ("absent!=anything", True),
        ("page.id=42", True),
        ('page.id="42"', False),
        ("page.id=42.0", True),
        ("page.is_redirect=false", True),
        ("page.is_redirect=0", False),
        ("page.size=3.5", True),
        ("page.title^=Talk:", True),
        ("page.title^=User:|Talk:", True),
        ("page.title^=talk:", False),
        ("page.id^=4", False),
        ("meta.dt^=2026", True),
        ("page.id>41", True),
        ("page.id>42", False),
        ("page.id>=42", True),
        ("page.id<42", False),
        ("page.id<=42", True),
        ("meta.dt>2026-11-25", True),
        ("meta.dt<2026-11-25", False),
        ("page.title>5", False),
        ("page.id>abc", False),
        ("page.id?", True),
        ("page.summary?", False),
        ("page.summary!?", True),
        ("page.none?", False),
        ("page.none!?", True),
        ("tags=mobile", True),
        ("tags=web", False),
        ("tags!=mobile", False),
        ("revisions.id=7", True),
        ("revisions.user=Ada", True),
        ("revisions.user=7", False),
        ("/page/a~1b=slash", True),
        ("/page/c.d=dot", True),
        ("page.c.d=dot", False),
        ('text="a|b"', True),
        ("text=a|b", False),
        ("page=anything", False),
        ("page?", True),
        ("meta.domain=", False),
    ],
)
def test_filter__of_an_event__holds_or_not(text: str, holds: bool) -> None:  # noqa: FBT001  # the table's own column
    assert filters.matches(filters.read([text]), EVENT) is holds


def test_filters__several__all_must_hold() -> None:
    both = filters.read(["page.id=42", "tags=mobile"])
    one_fails = filters.read(["page.id=42", "tags=web"])

    assert filters.matches(both, EVENT)
    assert not filters.matches(one_fails, EVENT)


def test_filters__in_another_order_or_twice__are_the_same() -> None:
    assert filters.read(["a=1", "b=2"]) == filters.read(["b=2", "a=1", "b=2"])
    assert hash(filters.read(["a=1"])) == hash(filters.read(["a=1"]))
    assert filters.read(["a=1"]) != filters.read(['a="1"'])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no field and operator"),
        ("field", "no field and operator"),
        ("=value", "no field and operator"),
        ("a..b=1", "no path"),
        ("/=1", "no path"),
        (".".join("a" * 20) + "=1", "no path"),
        ("a=" + "x" * 2000, "longer than"),
        ("a=" + "|".join("xyz"[n % 3] for n in range(60)), "50 values"),
        ("a>1|2", "one value"),
        ("a?1", "nothing stands behind"),
        ("a^=", "begins with nothing"),
    ],
)
def test_read__a_filter_that_says_nothing__refused_with_reason(text: str, reason: str) -> None:
    with pytest.raises(FilterUnreadableError) as raised:
        filters.read([text])

    assert reason in str(raised.value)
    assert len(str(raised.value)) < 300


def test_read__too_many__refused() -> None:
    with pytest.raises(FilterUnreadableError):
        filters.read([f"a{n}=1" for n in range(11)])
