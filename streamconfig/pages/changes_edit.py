"""The form that edits a request: title, reason, moment, and the values that it sets, one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from eventplatform.core.errors import RejectedError
from streamconfig.change_control import requests, verbs
from streamconfig.change_control.actors import Actor, of_user
from streamconfig.configuration.changes import Field
from streamconfig.configuration.json_values import flaws_of
from streamconfig.configuration.rewriting import Place, rewritten, settable
from streamconfig.models import ChangeRequest
from streamconfig.pages import posted
from streamconfig.pages.changes_words import label

_MOMENT = "%Y-%m-%dT%H:%M"
_LONG = 60


class ValueUnreadableError(RejectedError):
    """What was typed for a value is not JSON."""

    code = "change.value_unreadable"
    message = "{place} can't be read: {why}."
    remedy = 'Write JSON, such as 0.5, true, ["a", "b"] or {{"key": "value"}}; plain text only where it was text before.'


class MomentUnreadableError(RejectedError):
    """What was typed for the moment is none."""

    code = "change.moment_unreadable"
    message = "{text} is no date with a time."
    remedy = "Write it as 2026-12-07T00:00, in UTC; leave it empty for once it is approved."


@dataclass(slots=True)
class Box:
    """A value in the form."""

    place: Place
    label: str
    text: str
    is_text: bool
    choices: tuple[str, ...] = ()
    error: str = ""

    @property
    def name(self) -> str:
        """What the form calls it."""
        return json.dumps([self.place[0], self.place[1], *self.place[2]])

    @property
    def is_long(self) -> bool:
        """True where one line is too short."""
        return len(self.text) > _LONG or "\n" in self.text


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show the form, or save it; approvals of what the request said before don't count after that."""
    change = get_object_or_404(ChangeRequest, pk=number)
    actor = of_user(request.user)
    verb = verbs.may(change, actor).edit
    boxes = [_box(place, leaf) for place, leaf in settable(change.changes).items()]
    typed = _typed(request, change) if request.method == "POST" else _kept(change)
    error: RejectedError | None = None
    if request.method == "POST":
        try:
            _save(change, actor, typed, boxes, request)
        except RejectedError as refused:
            error = refused
        else:
            messages.success(request, "Saved. Approvals of what it said before don't count any more.")
            return redirect("change", number)
    status = error.http_status if error else 200 if verb.is_allowed else 403
    context = {"change": change, "boxes": boxes, "typed": typed, "error": error, "verb": verb, "actor": actor}
    return render(request, "streamconfig/changes/edit.html", context, status=status)


def _kept(change: ChangeRequest) -> dict[str, Any]:
    moment = change.effective_at.astimezone(UTC).strftime(_MOMENT) if change.effective_at else ""
    return {"title": change.title, "reason": change.reason, "moment": moment, "seen": change.edit}


def _typed(request: HttpRequest, change: ChangeRequest) -> dict[str, Any]:
    return {
        "title": request.POST.get("title", "").strip()[:200] or change.title,
        "reason": request.POST.get("reason", "").strip(),
        "moment": request.POST.get("effective_at", "").strip(),
        "seen": posted.number(request.POST.get("seen", "")),
    }


def _save(change: ChangeRequest, actor: Actor, typed: Mapping[str, Any], boxes: list[Box], request: HttpRequest) -> None:
    values = {box.place: value for box in boxes if (value := _value(box, request)) is not box}
    requests.edit(
        change.pk,
        by=actor,
        seen=typed["seen"],
        title=typed["title"],
        reason=typed["reason"],
        changes=rewritten(change.changes, values),
        effective_at=moment_of(typed["moment"]),
    )


def _value(box: Box, request: HttpRequest) -> Any:
    """What was typed; the box itself where nothing else was than stands there."""
    text = request.POST.get(box.name)
    if text is None or text.replace("\r\n", "\n").strip() == box.text:
        return box
    box.text = text.replace("\r\n", "\n").strip()
    if box.is_text:
        return box.text
    try:
        value = json.loads(box.text, parse_constant=_no_constant)
        why = next((flaw.message.rstrip(".") for flaw in flaws_of({box.label: value})), "")
    except (ValueError, RecursionError) as error:
        why = str(error)
    if why:
        box.error = why
        raise ValueUnreadableError(place=box.label, why=why)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def moment_of(text: str) -> datetime | None:
    """A moment as a form writes it, in UTC; none where the text is empty."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 or 9999, moved by an offset
        raise MomentUnreadableError(text=text[:40]) from None


def _box(place: Place, leaf: Field) -> Box:
    section, name, keys = place
    value = leaf.becomes
    where = "" if section == "defaults" else f"{name}: "
    if isinstance(value, bool):
        return Box(place, where + label(keys), json.dumps(value), is_text=False, choices=("true", "false"))
    is_text = isinstance(value, str)
    text = value if is_text else json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)
    return Box(place, where + label(keys), text.strip(), is_text=is_text)
