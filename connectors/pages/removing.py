"""Takes a connector away, after saying what stays and what goes."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin.models import DELETION
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from connectors import acts, letters, lookups, services
from connectors.models import Connector


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("connectors.delete_connector", raise_exception=True)
def remove(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask, then delete; the name must be typed."""
    connector = get_object_or_404(Connector.objects.select_related("target"), name=name)
    if request.method == "POST" and request.POST.get("name") == name:
        acts.note(connector, by=request.user, flag=DELETION)
        services.delete_connector(connector=name, by=request.user.get_username())
        messages.success(request, f"{name} is deleted. What it stored stays in {connector.target.name}.")
        return redirect("connectors")
    context = {
        "row": connector,
        "view": lookups.find(name),
        "set_aside": letters.count(connector=name),
        "is_wrong": request.method == "POST",
    }
    return render(request, "connectors/delete.html", context, status=400 if context["is_wrong"] else 200)
