"""The page "Is it live?" of an instrument and of a stream."""

from __future__ import annotations

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from eventplatform.eventlog import event_log
from monitoring import personal
from monitoring.instruments import asked, checking, shown
from monitoring.instruments.evidence.facts import Subject
from streamconfig.lookups import snapshot
from streamconfig.reading.lookups import may_read


@require_safe
@never_cache
def of_instrument(request: HttpRequest, key: str) -> HttpResponse:
    """What clients are told of the instrument, and what their events show."""
    return _page(request, checking.subject_of(snapshot(), key))


@require_safe
@never_cache
def of_stream(request: HttpRequest, name: str) -> HttpResponse:
    """The same for a stream as a whole."""
    return _page(request, Subject(name))


def _page(request: HttpRequest, subject: Subject) -> HttpResponse:
    if subject.stream and not may_read(request.user, subject.stream):
        raise PermissionDenied
    wanted, may_see = asked.read(request.GET.dict()), request.user.has_perm(personal.PERMISSION)
    try:
        found = checking.shared(event_log(), subject, minutes=wanted.minutes, site=wanted.site, may_see=may_see)
    except checking.CheckBusyError as busy:
        told = {"problem": busy, "subject": subject, "asked": wanted}
        return render(request, "monitoring/instruments/busy.html", told, status=busy.http_status)
    is_missing = found.facts.told.holding is None
    context = shown.context(found, wanted, may_see=may_see)
    status = HTTPStatus.NOT_FOUND if is_missing else HTTPStatus.OK
    return render(request, "monitoring/instruments/check.html", context, status=status)
