"""What operators do on a connector's page, each by a form of its own; a toast says what was done."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from connectors import acts, backfill, repositioning, services
from connectors.models import Connector
from connectors.repositioning import Place
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition

Verb = Callable[[HttpRequest, Connector], str]
_CHANGE = "connectors.change_connector"
_PLACES: dict[str, Place] = {"first": "first", "end": "end", "store": "store", "reached": "reached"}


def verb(act: Verb) -> Callable[..., HttpResponseBase]:
    """A view of POST alone for who may change connectors; `act` answers the sentence for the toast, empty for none."""

    @require_POST
    @login_required
    @permission_required(_CHANGE, raise_exception=True)
    @wraps(act)
    def view(request: HttpRequest, name: str) -> HttpResponseRedirect:
        connector = get_object_or_404(Connector.objects.select_related("target"), name=name)
        try:
            said = act(request, connector)
        except PlatformError as error:
            messages.error(request, f"{error} {error.hint}".strip())
        else:
            if said:
                messages.success(request, said)
        return redirect("connector", name)

    return view


@verb
def pause(request: HttpRequest, connector: Connector) -> str:
    """Stop waking the connector."""
    services.pause(connector=connector.name, by=request.user.get_username())
    acts.note(connector, by=request.user, changes=["paused"])
    return f"{connector.name} is paused. Its place is kept in the store; nothing is lost while the log keeps its events."


@verb
def resume(request: HttpRequest, connector: Connector) -> str:
    """Let the connector go on, also after a stop."""
    services.resume(connector=connector.name, by=request.user.get_username())
    acts.note(connector, by=request.user, changes=["resumed"])
    return f"{connector.name} goes on from where its store stands."


@verb
def stop(request: HttpRequest, connector: Connector) -> str:
    """As pausing; besides, its offsets may be moved."""
    services.stop(connector=connector.name, by=request.user.get_username())
    acts.note(connector, by=request.user, changes=["stopped"])
    return f"{connector.name} is stopped. Its offsets can be moved now; nothing is lost while the log keeps its events."


@verb
def restart(request: HttpRequest, connector: Connector) -> str:
    """Try what failed again, now."""
    count = services.restart(connector=connector.name, by=request.user.get_username(), only_failed=True)
    acts.note(connector, by=request.user, changes=[f"restarted {count} failed partitions"])
    return f"{count} partition{'' if count == 1 else 's'} of {connector.name} try again now."


@verb
def backfill_move(request: HttpRequest, connector: Connector) -> str:
    """Pause, resume or cancel a back-fill."""
    number, asked = request.POST.get("number", ""), request.POST.get("verb", "")
    moves = {"pause": backfill.pause, "resume": backfill.resume, "cancel": backfill.cancel}
    if not number.isdecimal() or asked not in moves:
        return ""
    moves[asked](connector=connector.name, number=int(number), by=request.user.get_username())
    acts.note(connector, by=request.user, changes=[f"back-fill {number}: {asked}"])
    return f"Back-fill {number}: {asked}. What it took stays in the store."


@verb
def reposition(request: HttpRequest, connector: Connector) -> str:
    """Choose where a stopped partition goes on."""
    number, to = request.POST.get("partition", ""), _PLACES.get(request.POST.get("to", ""))
    if not number.isdecimal() or to is None:
        return ""
    where = TopicPartition(request.POST.get("topic", ""), int(number))
    by = request.user.get_username()
    after = repositioning.reposition(connector=connector, where=where, to=to, by=by)
    services.resume(connector=connector.name, by=by, only=where)
    acts.note(connector, by=request.user, changes=[f"{where.topic}/{where.partition} goes on at offset {after.next_offset}"])
    return f"{where.topic}/{where.partition} goes on at offset {after.next_offset}."
