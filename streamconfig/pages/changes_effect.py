"""The effect of a request as its page shows it: tiles, a chart, what is stored, whom it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from eventplatform import charts, figures
from streamconfig.configuration.changes import Change, leaves
from streamconfig.configuration.forecast import Day, Forecast
from streamconfig.effect_preview.audience import Kept
from streamconfig.effect_preview.preview import Preview
from streamconfig.effect_preview.stores import Stored
from streamconfig.pages.facts import percent

_ABOUT_SERVICES = frozenset({"title", "description", "url", "audience", "privacy"})  # take no event away
_DAY = timedelta(days=1)
_TICKS = 8
_MARKS_APART = 3  # days; closer, their words would cover each other


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure before and after."""

    name: str
    before: str
    after: str
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """A place downstream, in words."""

    stored: Stored
    before: str
    after: str
    state: str
    note: str


def shown(effect: Preview, changes: Iterable[Change] = ()) -> dict[str, Any]:
    """What `_effect.html` needs."""
    return {
        "is_at_the_door": any(map(_is_at_the_door, changes)),
        "effect": effect,
        "tiles": tiles(effect),
        "chart": chart(effect),
        "rows": [_row(one, effect) for one in effect.stored],
        "days": days_in_words(effect.used),
        "partials": [(one, percent(one.before), percent(one.after)) for one in effect.partials],
        "audiences": [(one, [(kept, _rate(kept)) for kept in one.overrides]) for one in effect.audiences],
        "notes": list(_notes(effect)),
        "shares": [(name, percent(one.share_before), percent(one.share_after)) for name, one in effect.streams.items()],
    }


def _is_at_the_door(change: Change) -> bool:
    """Whether the intake takes, refuses or answers events otherwise: what no count of the past foretells."""
    keys = [leaf.keys for leaf in leaves(change.fields)]
    if change.section == "services":
        return change.kind != "changed" or any(one[0] not in _ABOUT_SERVICES for one in keys)
    return change.kind == "changed" and any(one[0] == "intake" and one[1:2] != ("privacy",) for one in keys)


def _rate(kept: Kept) -> str:
    return "" if kept.rate is None else percent(kept.rate)


def tiles(effect: Preview) -> list[Tile]:
    """Events a day, the peak, and rows stored, as far as they are known."""
    found = []
    if (before := effect.total("before")) is not None:
        found.append(_tile("Events a day", before, effect.total("after") or 0.0))
    if (peak := effect.total("peak_before")) is not None:
        found.append(_tile("Peak", peak, effect.total("peak_after") or 0.0, " /s"))
    kept = [one for one in effect.stored if one.kept_before is not None and one.kept_after is not None]
    if kept:
        known = sorted({one.days_after for one in kept if one.days_after is not None})
        span = f"{known[0]} days" if len(known) == 1 else f"{known[0]}–{known[-1]} days" if known else ""  # noqa: RUF001  # from, to
        before, after = (sum(getattr(one, side) for one in kept) for side in ("kept_before", "kept_after"))
        found.append(_tile(f"Rows stored, {span}", before, after, note="once it has filled"))
    return found


def _tile(name: str, before: float, after: float, unit: str = "", note: str = "") -> Tile:
    change = change_in_words(before, after)
    return Tile(name, figures.rate(before) + unit, figures.rate(after) + unit, ", ".join(filter(None, (change, note))))


def change_in_words(before: float, after: float) -> str:
    """A signed percentage; from nothing there is none."""
    if not before:
        return "new" if after else "nothing"
    ratio = (after - before) / before * 100
    sign = "−" if ratio < 0 else "+"  # noqa: RUF001  # a minus as figures have it
    return f"{sign}{figures.digits(abs(ratio))} %" if abs(ratio) >= 0.05 else "unchanged"  # noqa: PLR2004  # what is shown


def chart(effect: Preview) -> charts.Chart | None:
    """What was measured, and what is expected without and with the change; None where nothing was."""
    known = [one for one in effect.streams.values() if one.before is not None]
    if not known:
        return None
    planned_days = known[0].days
    measured_days = sorted(
        {day.day for one in known for day in one.counted if day.day < planned_days[0] and _is_shown(day, one)}
    )
    measured = [_measured(known, day) for day in measured_days]
    planned = [
        charts.Series(_sums([one.without for one in known]), "dots c5"),
        charts.Series(_sums([one.with_change for one in known]), "dash c2"),
    ]
    label = (
        f"Events per day: {len(measured_days)} days measured, then two forecasts, "
        f"{figures.short(effect.total('before'))} without the change and {figures.short(effect.total('after'))} with it"
    )
    change = len(measured_days) + max((effect.begins - planned_days[0]).days, 0)
    marks = [(len(measured_days) - 1, "today"), (change, _short(effect.begins))]
    if change - len(measured_days) < _MARKS_APART:
        marks = marks[1:]
    days = [*measured_days, *planned_days]
    return charts.forecast(measured, planned, label=label, unit="/day", x_ticks=_ticks(days), marks=marks)


def _is_shown(day: Day, of: Forecast) -> bool:
    """Parts of days would look like a fall: they are drawn only where there is nothing else."""
    return day.is_whole or (of.is_scaled and day.events is not None)


def _measured(known: Sequence[Forecast], day: date) -> float | None:
    """What all streams had that day; None where none was counted."""
    values = [one.scaled for each in known for one in each.counted if one.day == day]
    return sum(value for value in values if value is not None) if any(value is not None for value in values) else None


def _sums(lines: Sequence[Sequence[float | None]]) -> list[float | None]:
    return [sum(value or 0.0 for value in values) for values in zip(*lines, strict=True)]


def _ticks(days: Sequence[date]) -> list[str]:
    step = max((len(days) - 1) / (_TICKS - 1), 1)
    slots = [round(number * step) for number in range(_TICKS) if round(number * step) < len(days)]
    return [_short(days[slot]) for slot in slots]


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def days_in_words(used: Sequence[date]) -> str:
    """Days as spans, each run of them by itself."""
    runs: list[list[date]] = []
    for day in used:
        if runs and day - runs[-1][-1] == _DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_short(run[0]) if len(run) == 1 else f"{_first(run)}–{_short(run[-1])}" for run in runs)  # noqa: RUF001  # from, to


def _first(run: Sequence[date]) -> str:
    return str(run[0].day) if run[0].month == run[-1].month else _short(run[0])


def _row(stored: Stored, effect: Preview) -> Row:
    day = effect.begins
    if not stored.is_enabled_after:
        state, note = "paused", stored.place.note or "Takes nothing any more"
    elif stored.factor is not None:
        state, note = "warn", f"Multiply counts by {figures.digits(stored.factor)} from {day.day} {day:%b}"
    elif stored.place.note:
        state, note = "paused", stored.place.note
    else:
        state, note = "ok", "Unchanged" if stored.rows_before == stored.rows_after else "Follows the stream"
    if stored.days_before != stored.days_after:
        note += f"; kept {_kept(stored.days_after)} instead of {_kept(stored.days_before)}"
    return Row(stored, figures.short(stored.rows_before), figures.short(stored.rows_after), state, note)


def _kept(days: int | None) -> str:
    return "for ever" if days is None else f"{figures.thin(days)} days"


def _notes(effect: Preview) -> list[tuple[str, str]]:
    """What people ask about who stays in."""
    found = []
    for one in effect.audiences:
        apart = [kept.scope for kept in one.overrides if kept.rate is not None and not kept.is_changed]
        if apart and one.stream in effect.counted and one.rate_before != one.rate_after:
            scopes = ", ".join(apart)
            text = f"Sites of {scopes} keep a rate of their own. They are in what was counted, nobody knows how many of it: "
            found.append(("warn", f"{text}{one.stream} changes by less than these numbers say."))
        old, new = percent(one.rate_before or 0), percent(one.rate_after or 0)
        unit = one.unit_after or "session"
        if one.is_subset:
            found.append(("ok", f"Same {unit} ids stay in: {new} is a subset of {old}, funnels keep working."))
        elif one.is_superset:
            found.append(("ok", f"Everybody who is in stays in: {old} is a subset of {new}."))
        elif one.is_drawn_anew:
            found.append(
                ("warn", f"Drawn anew by {one.unit_after}: who is in now may be out, counts before and after don't match.")
            )
    return list(dict.fromkeys(found))
