"""The page of one's own account: tokens for programs, and which messages come by e-mail."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from streamconfig import accounts
from streamconfig.change_control.actors import of_user
from streamconfig.models import ApiToken
from streamconfig.notifying.kinds import KINDS
from streamconfig.pages import posted

_DAYS = (7, 30, 90, 365)
_USUAL_DAYS = 90


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    """Look, or do one of three things; a new token is shown in the answer to its own request and never again."""
    made, error = None, None
    if request.method == "POST":
        verb = request.POST.get("do")
        if verb == "make":
            try:
                made = accounts.make_token(request.user, name=request.POST.get("name", ""), days=_number(request, "days"))
            except accounts.TokenRefusedError as refused:
                error = refused
        else:
            _obey(request, verb)
            return redirect("account")
    return render(request, "streamconfig/account.html", _context(request, made, error), status=400 if error else 200)


def _obey(request: HttpRequest, verb: str | None) -> None:
    if verb == "revoke" and accounts.revoke_token(request.user, _number(request, "token")):
        messages.success(request, "The token is revoked.")
    elif verb == "mute":
        accounts.mute(request.user, KINDS.keys() - set(request.POST.getlist("kind")))
        messages.success(request, "Saved.")


def _number(request: HttpRequest, name: str) -> int:
    return posted.number(request.POST.get(name, ""))


def _context(request: HttpRequest, made: accounts.Made | None, error: accounts.TokenRefusedError | None) -> dict[str, Any]:
    actor, muted = of_user(request.user), accounts.muted_kinds(request.user)
    return {
        "made": made,
        "error": error,
        "tokens": ApiToken.objects.filter(user_id=request.user.pk or 0),
        "now": timezone.now(),
        "days": _DAYS,
        "usual_days": _USUAL_DAYS,
        "kinds": [(kind, kind.key not in muted) for kind in KINDS.values()],
        "roles": sorted(actor.roles),
        "teams": sorted(actor.teams),
        "email": getattr(request.user, "email", ""),
    }
