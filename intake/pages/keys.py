"""Pages about producer keys: the list, one key with what was done with it, and the verbs make, rotate, revoke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from eventplatform.guard.keys import Scope
from intake.keys import lookups, services, troubles
from intake.keys.lookups import KeyView
from intake.keys.services import KeyWishRefusedError, Made
from intake.models import ProducerKey
from intake.pages.key_form import KeyForm
from streamconfig.lookups import snapshot

MAY = "intake.operate_producerkey"
_OVERLAPS = ((1, "1 day"), (7, "7 days"), (30, "30 days"), (90, "90 days"))
_USUAL_OVERLAP = 7


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All keys; who may make some finds the form beside them."""
    form = KeyForm(initial={"streams": request.GET.get("stream", "")[:249]})
    return render(request, "intake/keys.html", _list_context(request, form))


@require_POST
@never_cache
@login_required
@permission_required(MAY, raise_exception=True)
def make(request: HttpRequest) -> HttpResponseBase:
    """Make a key; it is shown in the answer to this request and never again."""
    form = KeyForm(request.POST)
    made: Made | None = None
    if form.is_valid():
        try:
            made = services.make(by=request.user.get_username(), wish=form.wish())
        except KeyWishRefusedError as refused:
            form.add_error(None, f"{refused} {refused.hint}")
    context = _list_context(request, KeyForm() if made else form) | _shown(made)
    return render(request, "intake/keys.html", context, status=200 if made else 400)


@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponseBase:
    """One key: its state and scope, its uses, and everything that was done with it."""
    return render(request, "intake/key.html", _context(request, _found(number)))


@require_POST
@never_cache
@login_required
@permission_required(MAY, raise_exception=True)
def rotate(request: HttpRequest, number: int) -> HttpResponseBase:
    """Make the successor, shown here alone; the old key goes on for the days that were chosen."""
    view = _found(number)
    days = next((one for one, _ in _OVERLAPS if str(one) == request.POST.get("days")), _USUAL_OVERLAP)
    try:
        made = services.rotate(
            view.row, by=request.user.get_username(), until=timezone.now() + timedelta(days=days), expires_at=_new_end(view.row)
        )
    except KeyWishRefusedError as refused:
        messages.error(request, f"{refused} {refused.hint}")
        return redirect("key", number)
    return render(request, "intake/key.html", _context(request, _found(made.row.pk)) | _shown(made))


@require_POST
@login_required
@permission_required(MAY, raise_exception=True)
def revoke(request: HttpRequest, number: int) -> HttpResponseBase:
    """Take the key back."""
    view = _found(number)
    if services.revoke(view.row, by=request.user.get_username()):
        messages.success(request, f"{view.row} is revoked. Every intake refuses it within seconds.")
    return redirect("key", number)


def _new_end(row: ProducerKey) -> Any:
    """As long from now as the old key was to be good; no end where that had none."""
    return timezone.now() + (row.expires_at - row.created_at) if row.expires_at else None


def _found(number: int) -> KeyView:
    view = lookups.key(number)
    if view is None:
        raise Http404(f"There is no producer key {number}.")
    return view


def _list_context(request: HttpRequest, form: KeyForm) -> dict[str, Any]:
    asked = request.GET.get("q", "")[:200]
    found = lookups.every(text=asked)
    return {
        "keys": [view for view in found if not view.is_over],
        "over": [view for view in found if view.is_over],
        "asked": asked,
        "form": form,
        "may_operate": request.user.has_perm(MAY),
        "names": sorted(snapshot().streams)[:2000],
    }


def _context(request: HttpRequest, view: KeyView) -> dict[str, Any]:
    return {
        "view": view,
        "acts": lookups.acts(view.row),
        "overlaps": _OVERLAPS,
        "usual_overlap": _USUAL_OVERLAP,
        "may_operate": request.user.has_perm(MAY),
        "troubles": troubles.of(view),
    }


def _shown(made: Made | None) -> dict[str, Any]:
    """The new key, how to send with it, and what of its scope leads nowhere yet."""
    if made is None:
        return {}
    streams: Sequence[str] = made.row.streams
    first = next((name for name in snapshot().streams if Scope.of(streams).holds(name)), streams[0])
    return {
        "made": made,
        "command": (
            f"curl -X POST {settings.INTAKE_URL}/v1/events -H 'Authorization: Bearer {made.secret}' \\\n"
            f'  -H \'Content-Type: application/json\' -d \'{{"$schema": "…", "meta": {{"stream": "{first}"}}}}\''
        ),
        "unknown": [word for word in streams if not any(Scope.of([word]).holds(name) for name in snapshot().streams)],
    }
