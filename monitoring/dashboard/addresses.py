"""What the dashboard's addresses ask for, and links that change one thing in them."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from monitoring.dashboard.ranges import RANGES, Range, named


def range_of(request: HttpRequest, *, default: Range | None = None) -> Range:
    """The range that the address names."""
    asked = request.GET.get("range", "")
    return default if default and asked not in RANGES else named(asked)


def ranges(request: HttpRequest, current: Range, *, more: Iterable[Range] = ()) -> list[tuple[str, str, bool]]:
    """Link and title of each range, and whether it is shown now; everything else in the address stays."""
    found = []
    for one in (*more, *RANGES.values()):
        query = request.GET.copy()
        query["range"] = one.name
        query.pop("page", None)
        found.append((f"?{query.urlencode()}", one.title, one.name == current.name))
    return found


def without(request: HttpRequest, *names: str) -> str:
    """The address's query without these, for links that add their own."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()
