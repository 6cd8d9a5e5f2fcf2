"""The words of a message about alerts: for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from eventplatform import figures
from monitoring.alerts import kinds
from monitoring.alerts.models import Alert

_MOST = 50  # alerts in one message; the rest is counted
_LONGEST = 500


def subject(opened: Sequence[Alert], ended: Sequence[Alert], lasting: Sequence[Alert]) -> str:
    """One line: the worst that is open, else what is over."""
    shown = opened or lasting
    worst = next((one for one in shown if one.level == "fail"), shown[0] if shown else None)
    if worst is None:
        first, more = ended[0], len(ended) - 1
        return _line(f"Resolved: {first.what}" + _and(more))
    word = "failing" if worst.level == "fail" else "warning"
    return _line(f"{word.capitalize() if opened else f'Still {word}'}: {worst.what}" + _and(len(shown) - 1))


def text(opened: Sequence[Alert], ended: Sequence[Alert], lasting: Sequence[Alert], now: datetime) -> str:
    """The message for people, most urgent first."""
    parts = [
        *_part("New", opened, now),
        *_part("Still open", lasting, now),
        *_part("Resolved", ended, now),
        f"All alerts: {link('/alerts')}",
    ]
    return "\n".join(parts)


def facts(
    alerts: Sequence[Alert], *, rule: str, title: str, kind: str, now: datetime, most: int | None = _MOST
) -> dict[str, Any]:
    """The message for programs; `text` is what chat programs show. `most` None: all alerts, however many."""
    return {
        "event": "alerts",
        "kind": kind,
        "rule": rule,
        "at": now.isoformat(),
        "text": f"{title}\n{link('/alerts')}",
        "url": link("/alerts"),
        "alerts": [as_json(one) for one in alerts[:most]],
        "alerts_total": len(alerts),
    }


def to_do(one: Alert) -> str:
    """What mends it: the runbook's first sentence; what its source proposes where there is none."""
    kind = kinds.find(one.kind)
    return kind.mend[0] if kind else one.remedy


def as_json(one: Alert) -> dict[str, Any]:
    """An alert as messages and the API tell it."""
    return {
        "id": one.pk,
        "key": one.key,
        "state": one.phase,
        "level": one.level,
        "kind": one.kind,
        "subject": one.subject,
        "what": one.what,
        "why": one.why,
        "remedy": to_do(one),
        "began_at": _iso(one.began_at),
        "opened_at": _iso(one.opened_at),
        "resolved_at": _iso(one.resolved_at),
        "acknowledged_by": one.acknowledged_by,
        "held_by": one.held_by,
        "url": link(one.get_absolute_url()),
        "runbook_url": link(reverse("runbook", args=[one.kind])),
    }


def link(path: str) -> str:
    """An address as somebody outside can follow it; one that leads elsewhere stays."""
    return f"{settings.PUBLIC_URL}{path}" if path.startswith("/") else path


def _part(title: str, alerts: Sequence[Alert], now: datetime) -> list[str]:
    if not alerts:
        return []
    more = len(alerts) - _MOST
    lines = [line for one in alerts[:_MOST] for line in _lines(one, now)]
    return [f"{title}:", "", *lines, *([f"… and {more} more", ""] if more > 0 else [])]


def _lines(one: Alert, now: datetime) -> list[str]:
    word = "FAILING" if one.level == "fail" else "WARNING"
    ended = one.resolved_at
    since = f"{_utc(one.began_at)}, for {figures.age(((ended or now) - one.began_at).total_seconds())}"
    lines = [f"* {'RESOLVED' if ended else word}: {_line(one.what)}", f"  Since {since}."]
    if not ended:
        lines += [f"  {_short(part)}" for part in (one.why, f"To do: {to_do(one)}") if part]
        lines += [f"  Runbook: {link(reverse('runbook', args=[one.kind]))}"]
    return [*lines, f"  Alert: {link(one.get_absolute_url())}", ""]


def _and(more: int) -> str:
    return f" and {more} more" if more > 0 else ""


def _line(words: str) -> str:
    return " ".join(words.split())[:290]


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
