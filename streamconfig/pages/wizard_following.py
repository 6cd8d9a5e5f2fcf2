"""What became of a stream that the wizard asked for: approved, published, its topics made, a test event arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from eventplatform import figures, panels
from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from streamconfig import lookups
from streamconfig.change_control import judging
from streamconfig.models import ChangeRequest
from streamconfig.pages import pending
from streamconfig.pages.wizard import may_create

_State = ChangeRequest.State
_TRIED = "test_events"  # in the session: by request, why its test event was not taken; empty where it was
_CLOSED = (_State.REJECTED, _State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the way, with its state: ok, info (waits), fail or unknown (not begun)."""

    title: str
    state: str
    text: str = ""
    link: str = ""
    link_text: str = ""

    @property
    def symbol(self) -> str:
        """Its icon."""
        return {"info": "clock", "unknown": "todo"}.get(self.state, self.state)


@require_safe
def followed(request: HttpRequest, number: int) -> HttpResponseBase:
    """The way so far; the page asks again by itself until it is walked."""
    row, name = _asked(number)
    template = "streamconfig/_wizard_way.html" if request.headers.get("HX-Request") else "streamconfig/wizard_followed.html"
    tried: str | None = request.session.get(_TRIED, {}).get(str(number))
    context = {"request_row": row, "name": name, "may_test": may_create(request), **_way(row, name, tried)}
    return render(request, template, context)


@require_POST
def send_test(request: HttpRequest, number: int) -> HttpResponseBase:
    """Send the schema's first example as a test event, through the intake."""
    row, name = _asked(number)
    if not may_create(request):
        messages.error(request, "Test events of new streams are sent by those who may create them.")
    elif not _is_published(row, name):
        messages.error(request, f"{name} is not published yet.")
    else:
        sent = panels.call("monitoring.send_canary", name)
        why_not = sent.error if sent else "This deployment sends no test events."
        request.session[_TRIED] = {**request.session.get(_TRIED, {}), str(number): why_not}
    return redirect("stream-new-followed", row.pk)


def _asked(number: int) -> tuple[ChangeRequest, str]:
    row = get_object_or_404(ChangeRequest, pk=number)
    name = next((one.name for one in row.changes if (one.section, one.kind) == ("streams", "added")), "")
    if not name:
        raise Http404(f"Change {number} creates no stream.")
    return row, name


def _is_published(row: ChangeRequest, name: str) -> bool:
    return row.state == _State.APPLIED and lookups.fresh_snapshot().find_stream(name) is not None


def _way(row: ChangeRequest, name: str, tried: str | None) -> dict[str, Any]:
    is_published = _is_published(row, name)
    missing = _missing_topics(name) if is_published else ()
    stages = panels.call("monitoring.canary_stages", name, default=()) if is_published else ()
    is_sent = bool(stages)
    steps = [
        Step("Asked for", "ok", f"by {row.author_name}", pending.link_of(row.pk), f"Change {row.pk}"),
        _approval(row),
        _publication(row, is_published=is_published),
        _topics(is_published=is_published, missing=missing),
        *map(_stage, stages),
        *([] if is_sent else [_unsent(tried, is_ready=is_published and not missing)]),
    ]
    is_walked = is_sent and all(one.state in {"ok", "paused"} for one in stages)
    return {
        "steps": steps,
        "can_test": is_published and not missing and not is_sent and tried is None,
        "can_test_again": is_published and not missing and not is_walked and (is_sent or tried is not None),
        "is_walked": is_walked,
        "is_over": row.state in _CLOSED,
        "is_published": is_published,
    }


def _approval(row: ChangeRequest) -> Step:
    if row.state in _CLOSED:
        return Step("Approved", "fail", f"It was {row.get_state_display().lower()}.", pending.link_of(row.pk), "See why")
    if row.state in {_State.APPLIED, _State.APPROVED, _State.SCHEDULED}:
        names = ", ".join(dict.fromkeys(one.name for one in judging.given(row)))
        return Step("Approved", "ok", f"by {names}" if names else "No approval was needed.")
    waits = [f"{one.missing} of {', '.join(one.by)}" for one in judging.missing(row)]
    return Step("Approved", "info", f"Waits for {'; '.join(waits)}", pending.link_of(row.pk), "See the change")


def _publication(row: ChangeRequest, *, is_published: bool) -> Step:
    if row.problem:
        return Step("Published", "fail", row.problem, pending.link_of(row.pk), "See the change")
    if is_published:
        return Step("Published", "ok", f"revision {row.applied_revision}; every intake takes its events within 2 s")
    at = f"on {row.effective_at:%a %d %b, %H:%M} UTC" if row.state == _State.SCHEDULED and row.effective_at else ""
    return Step("Published", "info" if at else "unknown", at)


def _topics(*, is_published: bool, missing: Sequence[str]) -> Step:
    if not is_published:
        return Step("Topics made", "unknown")
    return Step("Topics made", "info", f"waits for {', '.join(missing)}") if missing else Step("Topics made", "ok")


def _unsent(tried: str | None, *, is_ready: bool) -> Step:
    if tried:
        return Step("Test event", "fail", tried)
    return Step("Test event", "info" if is_ready else "unknown", "not sent yet")


def _missing_topics(name: str) -> Sequence[str]:
    """The stream's topics that the log doesn't have; all of them while it is away."""
    stream = lookups.snapshot().find_stream(name)
    wanted = stream.topics if stream else ()
    try:
        there = event_log().topics(wanted)
    except PlatformError:
        return wanted
    return [topic for topic in wanted if topic not in there]


def _stage(stage: Any) -> Step:
    state = "info" if stage.state in {"unknown", "warn"} else str(stage.state)
    took = f"after {figures.age(stage.seconds)}" if state == "ok" and stage.seconds is not None else stage.detail
    return Step(f"Test event: {stage.title}", state, took, stage.link, "See the connector")
