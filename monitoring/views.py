"""What machines ask: is the process alive, can it serve, what did it count."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from eventplatform import exposition
from eventplatform.core.results import problem
from monitoring import database_probe, health


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 where pages and APIs can be served. The log's state is told and changes nothing: they don't need it."""
    away = database_probe.trouble_of_ours()
    if away:
        return JsonResponse({"status": "unavailable", "database": away}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return JsonResponse({"status": "ok", "database": "ok", **health.readiness(now=timezone.now())})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format: this role, or `?role=` of those on this machine."""
    role = request.GET.get("role", "web")
    if role not in exposition.ROLES:
        detail = f"There is no role of this name. Known: {', '.join(exposition.ROLES)}."
        return JsonResponse(problem(HTTPStatus.BAD_REQUEST, detail, code="role.unknown"), status=HTTPStatus.BAD_REQUEST)
    return HttpResponse(exposition.scrape(role), content_type=exposition.CONTENT_TYPE)
