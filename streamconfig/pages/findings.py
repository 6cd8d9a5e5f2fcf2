"""The page of findings: what lint says of the whole configuration, errors first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from streamconfig import lookups
from streamconfig.lint.finding import LEVELS, Finding
from streamconfig.pages import tabs

_PAGE = 100
STATES = {"error": "fail", "warning": "warn", "info": "info"}


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All findings, or those of a level, a code or a word."""
    snapshot = lookups.snapshot()
    every = lookups.findings()
    asked = {name: value for name, value in request.GET.dict().items() if value}
    shown = [one for one in every if _fits(one, asked)]
    levels, codes = Counter(one.level for one in every), Counter(one.code for one in every)
    context = {
        "page": Paginator(_rows(shown), _PAGE).get_page(request.GET.get("page")),
        "total": len(every),
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if name != "page"}),
        "choices": [
            ("level", "Level", [(name, f"{name} ({levels[name]})") for name in LEVELS if levels[name]]),
            ("code", "Code", [(name, f"{name} ({number})") for name, number in sorted(codes.items())]),
        ],
        "tabs": tabs.other_tabs("findings"),
        **tabs.head(request, snapshot.stream_set),
    }
    return render(request, "streamconfig/findings.html", context)


def _fits(one: Finding, asked: dict[str, str]) -> bool:
    text = f"{one.code} {one.section} {one.name} {one.message}".lower()
    return (
        asked.get("level") in (None, one.level)
        and asked.get("code") in (None, one.code)
        and all(word in text for word in asked.get("q", "").lower().split())
    )


def _rows(shown: Sequence[Finding]) -> list[tuple[Finding, str]]:
    return [(one, STATES.get(one.level, "info")) for one in shown]


def count() -> int:
    """How many findings want somebody; tidiness is left out."""
    return sum(one.level != "info" for one in lookups.findings())
