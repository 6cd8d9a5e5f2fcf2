"""Pages about repositories: the list with live progress, one with its problems by file and line, and Pull now."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registry import tasks
from registry.models import Repository, SchemaVersion
from registry.moments import one_moment
from registry.repositories import pulling
from registry.repositories.states import State, state_of


@require_safe
@one_moment
def index(request: HttpRequest) -> HttpResponseBase:
    """All repositories in declared order."""
    rows = Repository.objects.annotate(title_count=Count("titles")).order_by("order", "name")  # a count drops the usual order
    states = [state_of(row, row.title_count) for row in rows]
    return render(request, "registry/repositories.html", {"states": states, **_common(request, states)})


@require_safe
@one_moment
def detail(request: HttpRequest, name: str) -> HttpResponseBase:
    """One repository: its state, what was refused and why, its settings."""
    row = get_object_or_404(Repository, name=name)
    state = state_of(row, row.titles.count())
    context = {
        "state": state,
        "row": row,
        "is_waiting": any(problem.get("code") == pulling.UNRESOLVED for problem in row.problems),
        "version_count": SchemaVersion.objects.filter(title__repository=row).count(),
        "webhook": request.build_absolute_uri(reverse("schema-repository-webhook", args=[name])),
        **_common(request, [state]),
    }
    return render(request, "registry/repository.html", context)


@require_POST
@login_required
@permission_required("registry.change_repository", raise_exception=True)
def pull(request: HttpRequest, name: str) -> HttpResponseRedirect:
    """Pull one now, also if its newest commit was refused before."""
    get_object_or_404(Repository, name=name)
    if pulling.ask(name, is_anew=True):
        tasks.wake()
        messages.success(request, f"{name} is pulled as soon as a worker is free.")
    else:
        messages.error(request, f"{name} can't be pulled: it is switched off, or not a git repository.")
    return redirect("schema-repository", name)


def _common(request: HttpRequest, states: list[State]) -> dict[str, object]:
    user = request.user
    return {
        "is_live": any(state.is_live for state in states),
        "may_pull": user.has_perm("registry.change_repository"),
        "may_edit": user.has_perm("registry.administer_repository"),
    }
