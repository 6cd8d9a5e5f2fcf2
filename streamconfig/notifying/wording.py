"""The words of a message: what happened, what changes, where to look, what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings

from streamconfig.configuration.changes import Change, Field, leaves
from streamconfig.models import ChangeRequest, RequestStep
from streamconfig.notifying.kinds import Kind

_MOST_LINES = 30
_MOST_CHARACTERS = 120
_MOST_CHANGES = 100  # that a webhook gets; an import may hold thousands, which are read at `url`


def subject(request: ChangeRequest, kind: Kind) -> str:
    """The subject of a mail, in one line."""
    return " ".join(f"Change {request.pk} {kind.title}: {request.title}".split())[:300]


def text(request: ChangeRequest, step: RequestStep, kind: Kind) -> str:
    """The message for people."""
    told = step.note or (_last_comment(request) if kind.key == "commented" else "")
    parts = [
        f"“{request.title}” {kind.title} ({step.who}).",
        told.strip(),
        f"From {request.effective_at:%Y-%m-%d %H:%M} UTC on." if request.effective_at else "",
        "What changes:\n" + "\n".join(f"  {line}" for line in lines(request.changes)),
        kind.to_do,
        link(request.get_absolute_url()),
    ]
    return "\n\n".join(part for part in parts if part)


def as_json(request: ChangeRequest, step: RequestStep, kind: Kind) -> dict[str, Any]:
    """The message for webhooks; `text` is what chat programs show."""
    url = link(request.get_absolute_url())
    return {
        "event": f"change.{kind.key}",
        "text": f"{subject(request, kind)}\n{url}",
        "who": step.who,
        "note": step.note,
        "at": step.at.isoformat(),
        "change": {
            "number": request.pk,
            "title": request.title,
            "reason": request.reason,
            "state": request.state,
            "author": request.author_name,
            "is_emergency": request.is_emergency,
            "effective_at": request.effective_at.isoformat() if request.effective_at else None,
            "revision": request.applied_revision,
            "changes": [one.as_json() for one in request.changes[:_MOST_CHANGES]],
            "changes_total": len(request.changes),
            "url": url,
        },
    }


def link(path: str) -> str:
    """An address as somebody outside can follow it."""
    return f"{settings.PUBLIC_URL}{path}"


def lines(changes: Iterable[Change]) -> list[str]:
    """Changes in words, one line each; as many as somebody reads."""
    every = list(_lines(changes))
    more = len(every) - _MOST_LINES
    return every if more <= 0 else [*every[:_MOST_LINES], f"… and {more} more"]


def _lines(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        name = change.name if change.section in {"streams", change.name} else f"{change.section} {change.name}"
        if change.kind == "removed":
            yield f"{name}: removed"
        elif change.kind == "moved":
            yield f"{change.section}: another order"
        else:
            new = " (new)" if change.kind == "added" else ""
            yield from (f"{name}{new} {one.path}: {_sides(one)}" for one in leaves(change.fields))


def _sides(field: Field) -> str:
    becomes = _value(field.becomes) if field.is_set else "removed"
    return f"{_value(field.was)} → {becomes}" if field.was_set else becomes


def _value(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False, default=str)
    return said if len(said) <= _MOST_CHARACTERS else f"{said[:_MOST_CHARACTERS]}…"


def _last_comment(request: ChangeRequest) -> str:
    last = request.comments.last()
    return last.text if last else ""
