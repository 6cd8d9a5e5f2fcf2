"""Windows and ramps as rows: once from one moment to another, again and again on days of the week, and a rate's steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from unfold import widgets

from streamconfig.configuration import moments
from streamconfig.configuration.windows import DAYS
from streamconfig.forms import fields
from streamconfig.forms.bindings import Item, Path, at, put, remove
from streamconfig.forms.codecs import ABSENT, Codec, percent_of, rate_of
from streamconfig.forms.rows import RowForm

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?")
_DAY_WORDS = [(day, day.capitalize()) for day in DAYS]
_UTC = {"", "Z", "+00:00", "-00:00"}


class OnceRow(RowForm):
    """One window from a moment to a moment, either side open."""

    begins = fields.LocalMoment("From")
    ends = fields.LocalMoment("Until")
    time_zone = fields.ZoneField()
    ignored = ("time_zone",)

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        if not isinstance(item, Mapping) or not item or not set(item) <= {"from", "until", "time_zone"}:
            raise ValueError(item)
        begins, one = _split(item.get("from"))
        ends, other = _split(item.get("until"))
        zones = {zone for zone, text in ((one, begins), (other, ends)) if text}
        if len(zones) > 1:
            raise ValueError(item)
        zone = zones.pop() if zones else ""
        return {"begins": begins, "ends": ends, "time_zone": zone or item.get("time_zone") or "UTC"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("begins") and cleaned.get("ends") and cleaned["ends"] <= cleaned["begins"]:
            self.add_error("ends", "Let it end after it begins.")
        return cleaned

    def item(self) -> dict[str, Any]:
        zone = self.cleaned_data["time_zone"]
        sides = {"from": self.cleaned_data["begins"], "until": self.cleaned_data["ends"]}
        return _with_zone({name: text for name, text in sides.items() if text}, zone)


class WeeklyRow(RowForm):
    """Hours of some days of the week, which a first and a last moment may bound."""

    days = forms.MultipleChoiceField(
        label="Days", choices=_DAY_WORDS, required=False, widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget
    )
    start = fields.ClockField("Start")
    end = fields.ClockField("End")
    time_zone = fields.ZoneField()
    begins = fields.LocalMoment("Not before")
    ends = fields.LocalMoment("Not after")
    ignored = ("time_zone",)

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        known = {"days", "start", "end", "time_zone", "from", "until"}
        if not isinstance(item, Mapping) or not set(item) <= known or not {"days", "start", "end", "time_zone"} <= set(item):
            raise ValueError(item)
        begins, one = _split(item.get("from"))
        ends, other = _split(item.get("until"))
        if one or other:  # an offset of its own, which the row has no field for
            raise ValueError(item)
        kept = {name: item[name] for name in ("start", "end", "time_zone")}
        return {"days": list(item["days"]), **kept, "begins": begins, "ends": ends}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("days", "start", "end"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "Say the days, when it starts and when it ends.")
        return cleaned

    def item(self) -> dict[str, Any]:
        held = self.cleaned_data
        days = [day for day in DAYS if day in held["days"]]
        bounds = {name: held[field] for name, field in (("from", "begins"), ("until", "ends")) if held[field]}
        return {"days": days, "start": held["start"], "end": held["end"], "time_zone": held["time_zone"], **bounds}


class StepRow(RowForm):
    """A rate and since when it holds."""

    begins = fields.LocalMoment("From")
    time_zone = fields.ZoneField()
    percent = fields.PercentField()
    ignored = ("time_zone",)

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        if not isinstance(item, Mapping) or set(item) != {"at", "rate"}:
            raise ValueError(item)
        begins, zone = _split(item["at"])
        return {"begins": begins, "time_zone": zone or "UTC", "percent": percent_of(item["rate"])}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("begins", "percent"):
            if cleaned.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, "A step needs its moment and its percent.")
        return cleaned

    def item(self) -> dict[str, Any]:
        moment = aware(self.cleaned_data["begins"], self.cleaned_data["time_zone"])
        return {"at": text_of(moment), "rate": rate_of(self.cleaned_data["percent"])}


def aware(local: str, zone: str) -> datetime:
    """The moment that a clock of the zone shows: of two the first, and for one that it leaps over, when it leaps."""
    if fields.OFFSET.fullmatch(zone):
        return datetime.fromisoformat(f"{local}{zone}")
    known = ZoneInfo(zone)
    return moments.from_local(datetime.fromisoformat(local), known, is_end=False).astimezone(known)


def text_of(moment: datetime) -> str:
    """As documents have it: with its offset, Z for none."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _split(text: Any) -> tuple[str, str]:
    """A moment's local time as a picker has it, and its offset: UTC for Z, empty where it has none."""
    if text in (None, ""):
        return "", ""
    found = _MOMENT.fullmatch(str(text))
    if found is None:
        raise ValueError(text)
    offset = found[2] or ""
    return found[1].removesuffix(":00") if found[1].count(":") > 1 else found[1], (
        "UTC" if offset in _UTC else offset
    ) if offset else ""


def _with_zone(sides: dict[str, str], zone: str) -> dict[str, Any]:
    if zone == "UTC":
        return {name: f"{_seconds(text)}Z" for name, text in sides.items()}
    if fields.OFFSET.fullmatch(zone):
        return {name: f"{_seconds(text)}{zone}" for name, text in sides.items()}
    return {**sides, "time_zone": zone}


def _seconds(text: str) -> str:
    return text if text.count(":") > 1 else f"{text}:00"


def _rows_of(row: type[RowForm]) -> Codec:
    def fits(value: Any) -> bool:
        try:
            return isinstance(value, list) and bool([row.shown(one) for one in value])
        except (ValueError, TypeError, ArithmeticError):
            return False

    return Codec(fits, list, lambda value: list(value or ()) or ABSENT, empty=())


RAMP = _rows_of(StepRow)
ONCE, WEEKLY = "windows_once", "windows_weekly"


@dataclass(frozen=True, slots=True)
class Windows:
    """Two tables for one list of windows, whose order says nothing."""

    keys: Path = ("windows",)

    @property
    def fields(self) -> tuple[str, ...]:
        return ONCE, WEEKLY

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.keys,)

    def read(self, item: Item) -> dict[str, Any]:
        held = _sorted_windows(at(item, self.keys))
        return {ONCE: (), WEEKLY: ()} if held is None else {ONCE: held[0], WEEKLY: held[1]}

    def claim(self, item: dict[str, Any]) -> None:
        if _sorted_windows(at(item, self.keys)) is not None:
            remove(item, self.keys)

    def write(self, values: Mapping[str, Any], item: dict[str, Any], base: Item) -> None:
        was = at(base, self.keys)
        held = _sorted_windows(was)
        once, weekly = _as_kept(values.get(ONCE), OnceRow), _as_kept(values.get(WEEKLY), WeeklyRow)
        if held is not None and (once, weekly) == (_as_kept(held[0], OnceRow), _as_kept(held[1], WeeklyRow)):
            put(item, self.keys, was)
        elif once or weekly:
            put(item, self.keys, [*once, *weekly])


def _sorted_windows(value: Any) -> tuple[list[Any], list[Any]] | None:
    """The windows that are once and those that come again; None where some fit neither table."""
    if not isinstance(value, list) or not value:
        return None
    weekly = [one for one in value if isinstance(one, Mapping) and "days" in one]
    once = [one for one in value if one not in weekly]
    fits = (not once or _rows_of(OnceRow).fits(once)) and (not weekly or _rows_of(WeeklyRow).fits(weekly))
    return (once, weekly) if fits else None


def _as_kept(rows: Any, row: type[RowForm]) -> list[Any]:
    """As the rows' forms would write them, so that two spellings of one window are one."""
    found = []
    for one in rows or ():
        form = row(data=row.shown(one))
        found.append(form.item() if form.is_valid() else one)
    return found
