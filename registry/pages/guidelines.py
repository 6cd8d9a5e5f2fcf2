"""The page of guidelines: each rule with what two traditions said, what holds and why, its examples, and how to waive it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from registry.guidelines import RULES, Rule, rules_of, samples
from registry.models import Waiver
from registry.moments import one_moment
from registry.pages import links as page_links

_PROFILES = ("strict", "compatible")
_WAIVED_FOR = timedelta(days=90)
_MOST_WAIVERS = 200
_WAIVER = """\
waivers:
  - rule: NAME-SNAKE-CASE
    title: page/view
    pointer: /properties/pageTitle
    reason: The client sends it so until its next release.
    ends_on: {until}
"""
# What the lines of an example are, said above them.
_ABOUT = {
    "schema": "Changes to the sample schema",
    "repository": "Files, each the sample schema but for what is written; -> is a link",
    "evolution": "Versions of the sample schema, by what changes",
    "waiver": "Settings of a repository",
}


@dataclass(frozen=True, slots=True)
class Section:
    """Rules that are read together."""

    name: str
    anchor: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiver that somebody wrote here, and whether it still holds."""

    row: Waiver
    is_expired: bool
    days_left: int
    rule_codes: tuple[str, ...]

    @property
    def ends_soon(self) -> bool:
        """Within a month."""
        return not self.is_expired and self.days_left <= 30  # noqa: PLR2004  # days


@require_safe
@one_moment
def guidelines(request: HttpRequest) -> HttpResponse:
    """All rules, or those of one profile; and the waivers that hold now or have ended."""
    chosen = request.GET.get("profile", "")
    profile = chosen if chosen in _PROFILES else ""
    words = request.GET.get("q", "").strip().lower()[:100]
    shown = [rule for rule in RULES if (not profile or profile in rule.profiles) and _has(rule, words)]
    today = timezone.localdate()
    context = {
        "sections": _sections(shown),
        "total": len(RULES),
        "shown": len(shown),
        "profile": profile,
        "words": words,
        "choices": [_choice(name, words, is_current=name == profile) for name in ("", *_PROFILES)],
        "sample": samples.TEXT,
        "about": _ABOUT,
        "waiver_text": _WAIVER.format(until=today + _WAIVED_FOR),
        "waivers": _waivers(today),
        "waive_link": page_links.optional("admin:registry_waiver_add") if _may_waive(request) else "",
    }
    return render(request, "registry/guidelines.html", context)


def _may_waive(request: HttpRequest) -> bool:
    """As the admin's form asks: engineers, and who approves versions."""
    return request.user.has_perm("registry.add_waiver") or request.user.has_perm("registry.approve_draft")


def _has(rule: Rule, words: str) -> bool:
    text = " ".join((rule.code, rule.alias, *rule.also, rule.title, rule.section, rule.chosen, rule.production, rule.analytics))
    return all(word in text.lower() for word in words.split())


def _sections(rules: Iterable[Rule]) -> list[Section]:
    found = [(name, tuple(grouped)) for name, grouped in groupby(rules, key=lambda rule: rule.section)]
    return [Section(name, name.lower().replace(" ", "-"), grouped) for name, grouped in found]


def _choice(profile: str, words: str, *, is_current: bool) -> dict[str, object]:
    """A segment: every rule, or those of one profile."""
    count = sum(1 for rule in RULES if not profile or profile in rule.profiles)
    asked = {name: value for name, value in (("profile", profile), ("q", words)) if value}
    return {"name": profile or "all", "count": count, "link": f"?{urlencode(asked)}", "is_current": is_current}


def _waivers(today: date) -> list[Standing]:
    """Those that end first come first; the ended ones last."""
    rows = Waiver.objects.order_by("ends_on", "title", "rule")[:_MOST_WAIVERS]
    standing = [Standing(row, row.ends_on < today, (row.ends_on - today).days, _codes(row)) for row in rows]
    return sorted(standing, key=lambda one: one.is_expired)


def _codes(row: Waiver) -> tuple[str, ...]:
    """The rules on this page that a waiver is about; an alias may mean several."""
    return tuple(rule.code for rule in rules_of(row.rule))
