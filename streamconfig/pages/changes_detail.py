"""The page of one change request: what it changes, its effect, its discussion, who approved, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from eventplatform.core.errors import RejectedError
from streamconfig import lookups
from streamconfig.change_control import requests, verbs
from streamconfig.change_control.actors import of_user
from streamconfig.configuration import changes as differences
from streamconfig.configuration.changes import Change, Conflict
from streamconfig.effect_preview import preview
from streamconfig.models import ChangeRequest, Verdict
from streamconfig.pages import changes_effect, changes_lists, changes_schedule
from streamconfig.pages.changes_words import moment_words, told, words

State = ChangeRequest.State
_MOST_TOLD = 100  # items of a request, and effects; an import brings thousands, which the API tells
_WORST = {"approve": "ok", "reject": "fail", "ask": "warn"}
_FLOW = (State.DRAFT, State.IN_REVIEW, State.APPROVED, State.SCHEDULED, State.APPLIED)
_STEP_WORDS = {
    "drafted": "wrote it down",
    "edited": "edited it",
    "submitted": "asked for approval",
    "approved": "approved",
    "rejected": "rejected it",
    "asked": "asked for changes",
    "asked_for_changes": "asked for changes",
    "cancelled": "cancelled it",
    "scheduled": "Scheduled",
    "applied": "Applied",
    "commented": "",
    "merged": "merged it with what was published since",
    "looked_back": "looked back at it",
    "conflict": "Could not be applied",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the way from draft to applied."""

    word: str
    state: str
    symbol: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Said:
    """An entry of the discussion."""

    at: datetime
    who: str
    what: str
    text: str
    state: str
    symbol: str
    content: str = ""
    is_void: bool = False


@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponseBase:
    """A request as it stands now, for whoever looks."""
    return page(request, get_object_or_404(ChangeRequest, pk=number))


def page(
    request: HttpRequest, change: ChangeRequest, error: RejectedError | None = None, said: str = "", verb: str = ""
) -> HttpResponseBase:
    """The page, also after a verb that was refused: then with its reason, and what was typed."""
    context = {**_context(request, change), "error": error, "said": said, "verb": verb}
    return render(request, "streamconfig/changes/detail.html", context, status=error.http_status if error else 200)


def _context(request: HttpRequest, change: ChangeRequest) -> dict[str, Any]:
    actor = of_user(request.user)
    asked = change.changes
    shown = asked[:_MOST_TOLD]
    examination = requests.examine(change)
    verdicts = list(change.verdicts.all())
    state, word, symbol = changes_lists.BADGES[change.state]
    return {
        "change": change,
        "badge": (state, word, symbol),
        "moment": moment_words(change.effective_at) if change.effective_at else "",
        "steps": flow(change, examination.requirements),
        "told": told(shown, units(shown), examination.before.defaults),
        "untold": len(asked) - len(shown),
        "leaves": sum(len(list(differences.leaves(one.fields))) for one in asked),
        "as_json": [one.as_json() for one in shown],
        "examination": examination,
        "requirements": examination.requirements,
        "missing": (missing := sum(one.missing for one in examination.requirements)),
        "missing_words": f"{missing} to come",
        "policy": (why := policy(examination.effects, examination.requirements))[:_MOST_TOLD],
        "more_why": max(len(why) - _MOST_TOLD, 0),
        "conflicts": [(one, *_sides(one)) for one in examination.conflicts],
        "verbs": verbs.may(change, actor, is_conflicting=bool(examination.conflicts)),
        "actor": actor,
        "approves_now": _is_last(examination.requirements),
        "discussion": discussion(change, verdicts),
        "schedule": changes_schedule.of(change, is_stuck=change.is_open and bool(examination.conflicts)),
        "newest": lookups.newest_revision(),
        "since": changes_schedule.revisions_since(change),
        "places": sorted({(one.section, one.name) for one in asked if one.name}),
        "environment": settings.ENVIRONMENT,
        **changes_effect.shown(preview.preview_of(change), asked),
    }


def units(asked: Sequence[Change]) -> Mapping[tuple[str, str], str]:
    """What the sampling of the touched items draws, as it stands."""
    document = lookups.current_document().as_json()
    found = {}
    for one in asked:
        item: Any = document.get(one.section, {})
        item = item.get(one.name) if one.section != differences.DEFAULTS else item
        sample = item.get("sample") if isinstance(item, Mapping) else None
        if isinstance(sample, Mapping) and isinstance(sample.get("unit"), str):
            found[one.section, one.name] = sample["unit"]
    return found


def flow(change: ChangeRequest, requirements: Sequence[Any]) -> list[Step]:
    """Draft, in review, approved, scheduled, applied: how far it came; a closed one ends where it was closed."""
    if change.state in {State.REJECTED, State.CANCELLED}:
        ended, _, symbol = changes_lists.BADGES[change.state]
        return [Step("Draft", "ok", "ok", is_current=False), Step(change.get_state_display(), ended, symbol, is_current=True)]
    is_timed = change.effective_at is not None
    way = [state for state in _FLOW if state != State.SCHEDULED or is_timed]
    if change.is_emergency:
        way = [State.DRAFT, State.APPLIED]  # nobody was asked
    here = way.index(State(change.state)) if change.state in way else len(way) - 1
    return [_step(change, state, place - here, requirements) for place, state in enumerate(way)]


def _step(change: ChangeRequest, state: str, distance: int, requirements: Sequence[Any]) -> Step:
    word = State(state).label
    if state == State.IN_REVIEW and distance == 0:
        wanted, missing = sum(one.approvals for one in requirements), sum(one.missing for one in requirements)
        word = f"In review, {max(wanted - missing, 0)} of {wanted}"
    if state == State.SCHEDULED and change.effective_at:
        word = f"Scheduled, {change.effective_at:%a} {change.effective_at.day} {change.effective_at:%b}"
    if distance < 0 or (distance == 0 and state == State.APPLIED):
        return Step(word, "ok", "ok", is_current=distance == 0)
    if distance == 0:
        badge, _, symbol = changes_lists.BADGES[state]
        return Step(word, badge, symbol, is_current=True)
    return Step(word, "", "todo", is_current=False)


def policy(effects: Sequence[Any], requirements: Sequence[Any]) -> list[tuple[Any, list[str], bool]]:
    """Each effect, which policies ask for approvals because of it, and whether any of those is still missing.

    What most policies ask about comes first, so that it is never among what is too much to show.
    """
    wanting = [(wanted, frozenset(wanted.effects)) for wanted in requirements if wanted.approvals]
    found = [(one, [wanted for wanted, its in wanting if one in its]) for one in effects]
    found.sort(key=lambda each: -len(each[1]))
    return [(one, [_wanted(each) for each in asks], any(each.missing for each in asks)) for one, asks in found]


def _wanted(requirement: Any) -> str:
    number = requirement.approvals
    return f"{requirement.title}: {number} approval{'s' if number > 1 else ''}"


def _sides(one: Conflict) -> tuple[str, str, str]:
    return tuple("not set" if side is None else words(one.keys, side) for side in (one.was, one.found, one.becomes))  # type: ignore[return-value]  # three sides


def _is_last(requirements: Sequence[Any]) -> bool:
    """True where one more approval might be the last."""
    return all(one.missing <= 1 for one in requirements)


def discussion(change: ChangeRequest, verdicts: Sequence[Verdict]) -> list[Said]:
    """Steps, verdicts and comments in the order of time; a verdict tells its step."""
    found = [
        Said(one.at, one.name, one.get_kind_display().lower(), one.comment, _WORST[one.kind], _WORST[one.kind],
             one.content_hash[:8], one.content_hash != change.content_hash)
        for one in verdicts
    ]  # fmt: skip
    found += [Said(one.at, one.name, "", one.text, "", "comment") for one in change.comments.all()]
    told_by_verdict = {"approved", "rejected", "commented", "asked", "asked_for_changes"}
    for one in change.steps.all():
        if one.what not in told_by_verdict:
            what = _STEP_WORDS.get(one.what, one.what.replace("_", " "))
            text = "" if one.note == change.reason else _note(one.note)
            who = "" if what[:1].isupper() else one.who  # nobody did that: it happened
            found.append(Said(one.at, who, what, text, "info" if one.what == "submitted" else "", "dot"))
    return sorted(found, key=lambda one: one.at)


def _note(text: str) -> str:
    try:
        return f"from {moment_words(datetime.fromisoformat(text))}"
    except ValueError:
        return text
