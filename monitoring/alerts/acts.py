"""What people do to alerts on the pages: acknowledge, silence, resolve, end a silence, test a receiver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from monitoring.alerts import receivers, services, silencing
from monitoring.alerts.models import Alert, AlertReceiver, AlertSilence
from monitoring.alerts.pages import HANDLE

STEER = "monitoring.change_alertreceiver"
_GONE = "This alert isn't open any more."


@require_POST
@login_required
@permission_required(HANDLE, raise_exception=True)
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Say that one looks after it; nobody is reminded any more."""
    return _by_hand(request, alert_id, services.acknowledge, "Acknowledged. Nobody is reminded of it; its end is told.")


@require_POST
@login_required
@permission_required(HANDLE, raise_exception=True)
def resolve(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Say that it is over."""
    return _by_hand(request, alert_id, services.resolve, "Resolved. If it lasts, it opens again in five minutes.")


@require_POST
@login_required
@permission_required(HANDLE, raise_exception=True)
def silence(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Let nobody be told of it for a time."""
    alert = get_object_or_404(Alert.objects.exclude(phase=Alert.Phase.PENDING), pk=alert_id)
    row = silencing.silence(
        alert,
        lasts=silencing.DURATIONS.get(request.POST.get("lasts", ""), timedelta(hours=1)),
        reason=request.POST.get("reason", "").replace("\0", ""),
        width="kind" if request.POST.get("width") == "kind" else "subject",
        by=request.user,
        now=timezone.now(),
    )
    messages.success(request, f"Silenced until {row.until:%d %b %H:%M} UTC. It stands under Silenced and held.")
    return _back(request)


@require_POST
@login_required
@permission_required(HANDLE, raise_exception=True)
def end_silence(request: HttpRequest, silence_id: int) -> HttpResponse:
    """Let a silence end now."""
    row = get_object_or_404(AlertSilence, pk=silence_id)
    if silencing.end(row, by=request.user, now=timezone.now()):
        messages.success(request, "The silence ended. What lasts is told within seconds.")
    return redirect("/alerts?tab=quiet")


@require_safe
@login_required
@permission_required(STEER, raise_exception=True)
def receiver_list(request: HttpRequest) -> HttpResponse:
    """Who hears of alerts, when they last did, and what the other side said."""
    return render(request, "monitoring/alerts/receivers.html", {"receivers": receivers.listed()})


@require_POST
@login_required
@permission_required(STEER, raise_exception=True)
def test_receiver(request: HttpRequest, receiver_id: int) -> HttpResponse:
    """Send a test, and say what was answered."""
    receiver = get_object_or_404(AlertReceiver, pk=receiver_id)
    is_taken, words = receivers.test(receiver, by=request.user, now=timezone.now())
    messages.add_message(request, messages.SUCCESS if is_taken else messages.ERROR, words)
    return redirect("alert-receivers")


def _by_hand(request: HttpRequest, alert_id: int, act: Callable[..., bool], words: str) -> HttpResponse:
    note = request.POST.get("note", "").replace("\0", "")
    if act(alert_id, by=request.user.get_username(), note=note, now=timezone.now()):
        messages.success(request, words)
    else:
        messages.info(request, _GONE)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if is_ours else "/alerts")
