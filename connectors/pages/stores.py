"""A store's connection: its options, its secrets to be replaced, who uses it; tried before it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from connectors import acts, catalog, checking, options, services
from connectors.forms.declared import DeclaredForm
from connectors.forms.saving import save_target
from connectors.models import Target
from eventplatform import encryption
from eventplatform.core.errors import PlatformError


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("connectors.change_target", raise_exception=True)
def edit(request: HttpRequest, name: str) -> HttpResponseBase:
    """Change where it is and how it is entered; every connector that uses it goes on with that."""
    target = get_object_or_404(Target, name=name)
    try:
        kind = catalog.describe(target.kind)
    except PlatformError as error:  # its driver is missing
        raise Http404(f"{error} {error.hint}") from error
    secrets = _opened(target)
    form = _form(request, target, secrets)
    facts: dict[str, Any] = {}
    asked = request.POST.get("do", "save") if request.method == "POST" else ""
    if asked and form.is_valid():
        if asked == "test":
            used_by = target.connectors.first()
            values = used_by.options if used_by else {}
            as_name = used_by.name if used_by else "new"
            given = {**secrets, **form.values}
            facts["checked"] = checking.check(target.kind, name=as_name, target=given, values=values)
        else:
            try:
                save_target(name=name, kind=target.kind, values=form.values, by=request.user)
            except PlatformError as error:
                form.add_error(None, f"{error} {error.hint}".strip())
            else:
                messages.success(request, f"{name} is saved. Connectors go on with it within seconds.")
                return redirect("connector-store", name)
    context = {
        "target": target,
        "kind": kind,
        "form": form,
        "used_by": target.connectors.order_by("name"),
        "acts": acts.of(target, most=10),
        "secrets_set_at": acts.secrets_set_at(target) if secrets else None,
        "has_secrets": bool(secrets),
        **facts,
    }
    return render(request, "connectors/store.html", context, status=400 if asked == "save" else 200)


def _opened(target: Target) -> dict[str, Any]:
    """Its secrets; none where the key is gone, as saving says then."""
    try:
        return encryption.unseal(target.secrets, owner=f"target {target.name}")
    except PlatformError:
        return {}


def _form(request: HttpRequest, target: Target, secrets: dict[str, Any]) -> DeclaredForm:
    declaration = catalog.load(target.kind).target_type
    return DeclaredForm(
        request.POST if request.method == "POST" else None,
        prefix="target",
        declaration=declaration,
        kept=[name for name, value in secrets.items() if value],
        initial=options.split_secrets(declaration, target.options)[0],
        check=lambda values: services.check_target(declaration, values),
    )
