"""The page of topics: where the log differs from the configuration, and removals that are asked for and confirmed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from streamconfig.change_control.actors import of_user
from streamconfig.models import TopicCheck, TopicRemoval
from streamconfig.pages import posted
from streamconfig.topics import removals

_DONE_SHOWN = 20
_KINDS = {"partitions": "warn", "retention": "warn", "missing": "fail", "orphan": "info"}


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """Drift, open requests for removal, and those that were done last."""
    row = TopicCheck.objects.filter(pk=1).first()
    open_removals = list(TopicRemoval.objects.filter(done_at=None).order_by("asked_at"))
    asked = {one.topic for one in open_removals}
    by = of_user(request.user)
    context = {
        "check": row,
        "missing": row.missing if row and row.problem else [],
        "drift": [(one, _KINDS.get(one["kind"], "warn"), one["topic"] in asked) for one in (row.drift if row else [])],
        "open_removals": [(one, one.asked_by == by.name) for one in open_removals],
        "done": TopicRemoval.objects.exclude(done_at=None).order_by("-done_at")[:_DONE_SHOWN],
        "may_remove": by.may("wire_stream"),
    }
    return render(request, "streamconfig/topics.html", context)


@require_POST
@login_required
def act(request: HttpRequest, verb: str) -> HttpResponseRedirect:
    """Ask for the removal of a topic, confirm it, or take the request back; what is wrong is told."""
    by = of_user(request.user)
    try:
        if verb == "ask":
            topic = request.POST.get("topic", "")
            removals.ask(topic, by=by, reason=request.POST.get("reason", "").strip())
            messages.success(request, f"The removal of {topic} is asked for. It stays until another engineer confirms.")
        elif verb == "confirm":
            _confirm(request)
        else:
            removals.withdraw(_number(request), by=by)
            messages.success(request, "The request is taken back. The topic stays.")
    except PlatformError as error:
        messages.error(request, f"{error} {error.hint}")
    return redirect("topics")


def _confirm(request: HttpRequest) -> None:
    number = _number(request)
    row = TopicRemoval.objects.filter(pk=number, done_at=None).first()
    if row is not None and request.POST.get("name", "").strip() != row.topic:
        messages.error(request, f"Nothing was deleted: type the topic's name, {row.topic}, to confirm. It can't be undone.")
        return
    made = removals.confirm(number, by=of_user(request.user), event_log=event_log())
    if made.problem:
        messages.error(request, f"{made.topic} could not be deleted: {made.problem}")
    else:
        messages.success(request, f"{made.topic} and its records are deleted.")


def _number(request: HttpRequest) -> int:
    return posted.number(request.POST.get("number", ""))
