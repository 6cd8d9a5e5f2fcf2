"""A comparison of two versions as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from registry.compatibility import Change, Comparison, Verdict


def as_text(comparison: Comparison) -> str:
    """The changes one by one, then what follows from them."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"{comparison.old_id or 'old'} → {comparison.new_id or 'new'}: {comparison.headline}"
    for change in comparison.changes:
        yield from _change(change)
    yield ""
    yield f"backward: {_verdict(comparison.backward)} (events of the old version pass the new one)"
    yield f"forward:  {_verdict(comparison.forward)} (events of the new version pass the old one)"
    yield f"second opinion: {comparison.opinion.sentence}"
    yield from (f"tables: {sentence}" for sentence in comparison.tables)
    made = "" if comparison.bump_made is None else f", made: {comparison.bump_made}"
    yield f"bump due: {comparison.bump}{made}{' — not enough' if comparison.is_enough is False else ''}"


def _change(change: Change) -> Iterator[str]:
    whom = f" [breaks {', '.join(sorted(change.breaks))}]" if change.breaks else ""
    yield f"  {change.bump:5} {change.pointer or '/'}  {change.what}{whom} ({change.code})"
    yield f"        {change.why}"
    if change.old or change.new:
        yield f"        {change.old or '-'} → {change.new or '-'}"


def _verdict(verdict: Verdict) -> str:
    return "yes" if verdict.holds else "no"
