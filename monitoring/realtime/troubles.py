"""What saved expectations add to the list "Needs attention"."""

from __future__ import annotations

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring.realtime import lookups
from monitoring.realtime.models import Evaluation, SavedQuery


def troubles() -> list[Trouble]:
    """Expectations that are broken, and those whose question can't be answered."""
    return [_trouble(query, evaluation) for query, evaluation in lookups.not_holding()]


def _trouble(query: SavedQuery, evaluation: Evaluation | None) -> Trouble:
    is_broken = query.state == SavedQuery.State.BROKEN
    what = f"{query.name}: the expectation is broken" if is_broken else f"{query.name}: the expectation can't be judged"
    why = " ".join(part for part in (query.detail, _where(evaluation) if is_broken else "") if part)
    return Trouble(
        "fail" if is_broken else "warn",
        what,
        why,
        query.get_absolute_url(),
        "See what breaks it" if is_broken else "Mend its question",
        since=figures.ago(query.state_since),
        kind="expectation.broken" if is_broken else "expectation.unanswered",
        subject=query.name,
        began_at=query.state_since,
    )


def _where(evaluation: Evaluation | None) -> str:
    """Where the first rows lie; never what they hold."""
    samples = evaluation.samples if evaluation else []
    told = [text for one in samples[:3] if (text := _place(one))]
    return f"For example {', '.join(told)}." if told else ""


def _place(sample: dict[str, object]) -> str:
    if {"_topic", "_partition", "_offset"} <= sample.keys():
        return f"{sample['_topic']}/{sample['_partition']} at {sample['_offset']}"
    return str(sample.get("id") or sample.get("event_id") or "")
