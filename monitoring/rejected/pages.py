"""The page of rejected events: groups by reason and schema, one with its sample, and what people may do to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from eventplatform import charts, panels
from eventplatform.broker.dead_letters import DeadLetter, newest_of_group
from eventplatform.core.errors import PlatformError
from eventplatform.core.names import split_schema_id
from eventplatform.figures import share, thin
from monitoring import lookups, personal
from monitoring.overview_tables import ticks
from monitoring.rejected import groups, runs, samples
from monitoring.rejected.groups import RANGES, SLOTS, Filters, Group
from streamconfig.reading.lookups import may_read

REPLAY, DELETE = "monitoring.replay_rejected", "monitoring.delete_rejected"
_TABS = (
    ("", "All"),
    ("intake", "Refused at intake"),
    ("connector", "Set aside by connectors"),
    ("job", "Set aside by jobs"),
    ("replayed", "Replayed"),
)
_WORDS = {"intake": "refused", "connector": "set aside by connectors", "job": "set aside by jobs"}
_DONE = {"dry_run": "Dry run of", "replay": "Replaying", "delete": "Deleting"}
_LONGEST_RULE = 10_000
_EXPORTED = 1000


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The groups that fit the filters, and the chosen one."""
    filters = _filters(request)
    found = groups.listed(filters)
    wanted = request.GET.get("group", "")
    chosen = groups.find(wanted, filters) if wanted else next(iter(found), None)
    counts = groups.group_counts()
    context = {
        "groups": found,
        "growing": sum(group.is_growing for group in found),
        "filters": filters,
        "options": groups.options(),
        "ranges": list(RANGES),
        "tabs": [(_query(filters, source=key), name, counts[key] if key else _sum(counts), key) for key, name in _TABS],
        "query": _query(filters),
        "said": _said(filters),
        "kept_days": _kept_days(),
        "missed": groups.missed(),
        "is_gone": bool(wanted) and chosen is None,
        **(_chosen(request, chosen, filters) if chosen else {"chosen": None}),
    }
    return render(request, "monitoring/rejected.html", context)


@require_safe
def run_state(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far a run is; asked again and again while it goes on."""
    run = runs.find(run_id)
    if run is None:
        raise Http404
    return render(request, "monitoring/rejected_run.html", {"run": run, "is_alone": True})


@require_POST
@login_required
@permission_required(REPLAY, raise_exception=True)
def dry_run(request: HttpRequest, key: str) -> HttpResponse:
    """Show what would pass, after the rule."""
    return _start(request, key, "dry_run")


@require_POST
@login_required
@permission_required(REPLAY, raise_exception=True)
def replay(request: HttpRequest, key: str) -> HttpResponse:
    """Mend the letters of a group and send those that pass on their way."""
    return _start(request, key, "replay")


@require_POST
@login_required
@permission_required(DELETE, raise_exception=True)
def delete(request: HttpRequest, key: str) -> HttpResponse:
    """Delete the letters of a group."""
    return _start(request, key, "delete")


@require_safe
@login_required
def export(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """The newest letters of a group, a JSON object a line; masked for those who may not see personal data."""
    group = groups.find(key, Filters())
    if group is None:
        raise Http404
    if not may_read(request.user, group.stream):
        raise PermissionDenied
    lines = _exported(key, may_see=request.user.has_perm(personal.PERMISSION))
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="rejected-{key[:12]}.ndjson"'
    return response


def _exported(key: str, *, may_see: bool) -> Iterator[str]:
    connection.ensure_connection()
    for letter in newest_of_group(connection.connection, key, before=None, limit=_EXPORTED):
        event = samples.event_of(letter, may_see=may_see)
        told = {
            "received_at": letter.received_at.isoformat() if letter.received_at else None,
            "code": letter.code,
            "pointer": letter.pointer,
            "message": letter.message,
            "client": letter.client,
            "replayed_by": letter.replayed_by or None,
            "event": event if event is not None else "\n".join(_text(letter, may_see=may_see)),
        }
        yield json.dumps(told, ensure_ascii=False) + "\n"


def _text(letter: DeadLetter, *, may_see: bool) -> Iterator[str]:
    return ("".join(text for _, text in line.parts) for line in samples.lines_of(letter, may_see=may_see))


def _start(request: HttpRequest, key: str, kind: runs.Kind) -> HttpResponse:
    group = groups.find(key, Filters())
    if group is None:
        messages.error(request, "This group is gone: its events were replayed, deleted, or too old.")
        return redirect("rejected")
    rule = request.POST.get("rule", "").replace("\r\n", "\n")[:_LONGEST_RULE]
    back = {"group": key, "rule": rule} if rule else {"group": key}
    try:
        run = runs.start(kind, group, rule=rule, keeps_ids=request.POST.get("ids") == "keep", by=request.user.get_username())
    except PlatformError as error:
        messages.error(request, f"{error} {error.hint}")
        return redirect(f"/rejected?{urlencode(back)}#edit")
    if run.total <= runs.AT_ONCE:
        runs.work(run.id)
    else:
        from monitoring.tasks import rejected_run

        rejected_run.delay(run.id)
    _tell(request, runs.find(run.id) or run)
    if kind == "delete":
        return redirect("rejected")
    return redirect(f"/rejected?{urlencode({**back, 'run': run.id})}#edit")


def _tell(request: HttpRequest, run: runs.Run) -> None:
    if run.problem:
        messages.error(request, run.problem)
    elif run.ended_at is None:
        messages.info(request, f"{_DONE[run.kind]} {thin(run.total)} events has begun.")
    elif run.kind == "replay":
        messages.success(request, f"Replayed {thin(run.passed)} of {thin(run.total)} events.")
    elif run.kind == "delete":
        messages.success(request, f"Deleted {thin(run.passed)} rejected events.")


def _chosen(request: HttpRequest, group: Group, filters: Filters) -> Mapping[str, Any]:
    may_see = request.user.has_perm(personal.PERMISSION)
    is_closed = not may_read(request.user, group.stream)
    letter, newer, older = (None, None, None) if is_closed else _sample(request, group)
    given = request.GET.get("rule", "").replace("\r\n", "\n")[:_LONGEST_RULE]
    rule = given or (samples.proposal(letter) if letter else "")
    past = runs.of_group(group.key)
    shown = request.GET.get("run", "")
    run = next((one for one in past if str(one.id) == shown), None) if shown else next(iter(past), None)
    hours = RANGES.get(filters.range, RANGES["24h"]).total_seconds() / 3600
    label = f"Rejected events of this group over {filters.range}, at most {max(group.line, default=0)} in a slot"
    return {
        "chosen": group,
        "chart": charts.bars(
            [charts.Series(group.line, "c3")], label=label, unit=f"/{_slot(hours)}", x_ticks=_ticks(filters, hours), height=88
        ),
        "letter": letter,
        "is_closed": is_closed,
        "lines": samples.lines_of(letter, may_see=may_see) if letter else [],
        "newer": newer,
        "older": older,
        "may_see": may_see,
        "may_replay": request.user.has_perm(REPLAY),
        "may_delete": request.user.has_perm(DELETE),
        "has_way_back": panels.replay_of(group.source) is not None,
        "rule": rule,
        "diff": samples.difference(letter, rule, may_see=may_see) if letter and rule else [],
        "run": run if run and run.kind != "delete" else None,
        "is_checked": bool(run and run.kind == "dry_run" and run.ended_at and run.rule == rule and run.passed),
        "past": [one for one in past if one.kind != "dry_run"],
        "clients": groups.clients(group.key),
        "owner": groups.owner_of(group.stream),
        "schema_title": "/".join(split_schema_id(group.schema_id)) if group.schema_id else "",
    }


def _sample(request: HttpRequest, group: Group) -> tuple[DeadLetter | None, int | None, int | None]:
    """A letter of the group, and the numbers of the next newer and older ones."""
    connection.ensure_connection()
    wanted = request.GET.get("letter", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else None  # noqa: PLR2004  # digits of a bigint
    found = newest_of_group(connection.connection, group.key, before=None if number is None else number + 1, limit=2)
    newer = None
    if number is not None:
        with connection.cursor() as cursor:
            cursor.execute("select min(id) from dead_letters where group_key = %s and id > %s", [group.key, number])
            newer = cursor.fetchone()[0]
    return found[0] if found else None, newer, found[1].id if len(found) > 1 else None


def _filters(request: HttpRequest) -> Filters:
    given = {one.name: request.GET.get(one.name, "")[:300] for one in fields(Filters)}
    given["name"] = given["name"] or request.GET.get("connector", "")[:300]
    given["range"] = given["range"] if given["range"] in RANGES else "24h"
    return Filters(**given)


def _query(filters: Filters, **changes: str) -> str:
    pairs = {one.name: getattr(filters, one.name) for one in fields(Filters)} | changes
    return urlencode({name: value for name, value in pairs.items() if value and (name, value) != ("range", "24h")})


def _said(filters: Filters) -> str:
    """How many, of what was received."""
    found = groups.totals(filters)
    parts = [f"{thin(found[source])} {words}" for source, words in _WORDS.items() if found[source]]
    if not parts:
        return f"None in {filters.range}"
    minutes = int(RANGES[filters.range].total_seconds() // 60)
    received = sum(lookups.outcomes(minutes=minutes).values())
    of_them = f", {share(found['intake'], received)} of what was received" if 0 < found["intake"] <= received else ""
    return f"{' and '.join(parts)} in {filters.range}{of_them}"


def _sum(counts: Mapping[str, int]) -> int:
    return sum(number for source, number in counts.items() if source != "replayed")


def _slot(hours: float) -> str:
    minutes = hours * 60 / SLOTS
    return f"{minutes:g} min" if minutes < 60 else f"{minutes / 60:g} h"  # noqa: PLR2004  # an hour


def _ticks(filters: Filters, hours: float) -> list[str]:
    if hours <= 24:  # noqa: PLR2004  # a day
        return ticks(filters.since, minutes=int(hours * 60))
    step = (RANGES[filters.range]) / 4
    return [*(f"{filters.since + number * step:%d %b}" for number in range(4)), "now"]


def _kept_days() -> int:
    from django.conf import settings

    days: int = settings.REJECTED_KEPT_DAYS
    return days
