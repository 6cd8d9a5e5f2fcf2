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

from connectors import acts, repositioning, services
from connectors.models import Connector
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition

Verb = Callable[[HttpRequest, Connector], str]
_CHANGE = "connectors.change_connector"


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
def reposition(request: HttpRequest, connector: Connector) -> str:
    """Choose where a stopped partition goes on."""
    number, to = request.POST.get("partition", ""), request.POST.get("to", "")
    if not number.isdecimal() or to not in ("first", "end"):
        return ""
    where = TopicPartition(request.POST.get("topic", ""), int(number))
    after = repositioning.reposition(
        connector=connector, where=where, to="first" if to == "first" else "end", by=request.user.get_username()
    )
    acts.note(connector, by=request.user, changes=[f"{where.topic}/{where.partition} goes on at offset {after.next_offset}"])
    return f"{where.topic}/{where.partition} goes on at offset {after.next_offset}."
