"""Pages about connectors: the list, one connector with cause and remedy, and its two verbs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from connectors import catalog, connection_urls, letters, lookups, options, repositioning, services
from connectors.models import Connector, Target
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition

# Errors that end when a person says where to go on.
_CHOOSE = {"connector.topic_recreated", "connector.cluster_changed", "log.offset_out_of_range"}


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All connectors, the troubled ones first."""
    views = sorted(lookups.overview(), key=lambda view: (not view.last_error, view.name))
    return render(request, "connectors/list.html", {"connectors": views, "failing": [v for v in views if v.last_error]})


@require_safe
def detail(request: HttpRequest, name: str) -> HttpResponseBase:
    """One connector: state, cause and remedy, lag per partition, last errors, configuration."""
    view = lookups.find(name)
    if view is None:
        raise Http404(f"No connector {name}.")
    row = Connector.objects.select_related("target").get(name=name)
    context = {
        "view": view,
        "kind": _kind(row.target.kind),
        "options": _shown(row.target, row),
        "to_choose": [one for one in view.partitions if one.state == "stopped" and one.error_code in _CHOOSE],
        "codes_to_choose": _CHOOSE,
        "errors": [one for one in view.partitions if one.failed_at],
        "set_aside": letters.count(connector=name),
        "can_operate": request.user.has_perm("connectors.change_connector"),
        "row": row,
    }
    return render(request, "connectors/connector.html", context)


@require_POST
@login_required
@permission_required("connectors.change_connector", raise_exception=True)
def pause(request: HttpRequest, name: str) -> HttpResponseRedirect:
    """Stop waking the connector."""
    services.pause(connector=name, by=request.user.get_username())
    messages.success(
        request, f"{name} is paused. Its place is kept in the store; nothing is lost while the log keeps its events."
    )
    return redirect("connector", name)


@require_POST
@login_required
@permission_required("connectors.change_connector", raise_exception=True)
def resume(request: HttpRequest, name: str) -> HttpResponseRedirect:
    """Let the connector go on, also after a stop."""
    services.resume(connector=name, by=request.user.get_username())
    messages.success(request, f"{name} goes on from where its store stands.")
    return redirect("connector", name)


@require_POST
@login_required
@permission_required("connectors.change_connector", raise_exception=True)
def reposition(request: HttpRequest, name: str) -> HttpResponseRedirect:
    """Choose where a stopped partition goes on."""
    connector = get_object_or_404(Connector, name=name)
    number, to = request.POST.get("partition", ""), request.POST.get("to", "")
    if not number.isdecimal() or to not in ("first", "end"):
        return redirect("connector", name)
    where = TopicPartition(request.POST.get("topic", ""), int(number))
    try:
        after = repositioning.reposition(
            connector=connector, where=where, to="first" if to == "first" else "end", by=request.user.get_username()
        )
    except PlatformError as error:
        messages.error(request, f"{error} {error.hint}")
    else:
        messages.success(request, f"{where.topic}/{where.partition} goes on at offset {after.next_offset}.")
    return redirect("connector", name)


def _kind(name: str) -> catalog.Kind | None:
    try:
        return catalog.describe(name)
    except PlatformError:
        return None  # the partitions' error says so


def _shown(target: Target, connector: Connector) -> list[tuple[str, str]]:
    """Options as the page shows them: what is set, or the default; secrets as a mask."""
    kind = _kind(target.kind)
    if kind is None:
        return []
    rows = [(one, target.options) for one in kind.target_options] + [(one, connector.options) for one in kind.options]
    return [(one.name, _text(one, given, has_secrets=bool(target.secrets))) for one, given in rows]


def _text(option: options.Option, given: dict[str, object], *, has_secrets: bool) -> str:
    if option.is_secret:
        return options.MASK if has_secrets else "none"
    value = str(given.get(option.name, option.default))
    if option.place == "database" and not _is_harmless(value, option.name):
        return options.MASK  # saved before such URLs were refused
    return value


def _is_harmless(url: str, name: str) -> bool:
    try:
        connection_urls.check(url, name=name)
    except PlatformError:
        return False
    return True
