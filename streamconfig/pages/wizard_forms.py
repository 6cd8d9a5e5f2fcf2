"""The steps of the wizard that creates a stream, as forms: what is typed is checked where it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms

from eventplatform import panels
from streamconfig import lookups
from streamconfig.configuration.own_keys import LATE_ACTIONS, SENSITIVITIES
from streamconfig.configuration.setting_types import UNITS, name_problems
from streamconfig.configuration.topics import is_pattern
from streamconfig.configuration.windows import DAYS
from streamconfig.snapshots import Snapshot

_UNIT_WORDS: Mapping[str, str] = {"pageview": "of page views", "session": "of sessions", "device": "of devices"}
_DAY_WORDS = [(day, day.capitalize()) for day in DAYS]
_LATE_WORDS = {"accept": "Take them in", "flag": "Take them in, marked as late", "drop": "Drop and count them"}
_SUGGESTED = 3
ALWAYS, ONCE, WEEKLY = "always", "once", "weekly"


def _clock() -> forms.TimeInput:
    return forms.TimeInput({"type": "time"}, format="%H:%M")


def _calendar() -> forms.DateTimeInput:
    return forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class StepForm(forms.Form):
    """A step of the wizard: knows the snapshot that the page shows, and everything that was said before."""

    def __init__(self, *arguments: Any, snapshot: Snapshot, said: Mapping[str, Any], **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.snapshot, self.said = snapshot, said

    def kept(self) -> dict[str, Any]:
        """The cleaned values as the session keeps them: JSON."""
        return {name: _plain(value) for name, value in self.cleaned_data.items()}


class SchemaForm(StepForm):
    """Which events it carries."""

    schema_title = forms.CharField(max_length=200, error_messages={"required": "Choose a schema."})

    def clean_schema_title(self) -> str:
        """A title that is registered and may still be begun with."""
        title: str = self.cleaned_data["schema_title"].strip().strip("/")
        schemas = self.snapshot.schemas
        if not schemas.has_title(title):
            raise forms.ValidationError("No schema %(title)s is registered. Choose one of the list.", params={"title": title})
        found = schemas.deprecation(title)
        if found:
            instead = f" Use {found.replacement} instead." if found.replacement else ""
            raise forms.ValidationError(f"{title} is deprecated: {found.reason.rstrip('. ')}.{instead}")
        return title


class AboutForm(StepForm):
    """What it is called and who answers for it."""

    name = forms.CharField(max_length=249, help_text="As events name it in meta.stream. It can't be changed later.")
    description = forms.CharField(max_length=300, required=False, help_text="What an event of it tells, in one sentence.")
    owner = forms.CharField(max_length=200, help_text="The team that answers for it.")
    purpose = forms.CharField(
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
        help_text="The question that it answers, and until when it is needed.",
    )
    contact = forms.CharField(max_length=200, required=False, help_text="Where its owner is reached. Empty: as the team.")
    task = forms.CharField(max_length=300, required=False, help_text="The address of where it was asked for.")
    sensitivity = forms.ChoiceField(
        required=False, choices=[("", "Not said"), *((name, name.capitalize()) for name in SENSITIVITIES)]
    )
    review_on = forms.DateField(
        required=False, label="Review on", widget=forms.DateInput({"type": "date"}), help_text="Its owner confirms the need."
    )
    expires_on = forms.DateField(
        required=False, label="Expires on", widget=forms.DateInput({"type": "date"}), help_text="After it, it is to be retired."
    )

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        teams = self.snapshot.stream_set.document.section("teams")
        if teams:
            choices = [("", "Choose a team"), *((key, str(team.get("title") or key)) for key, team in teams.items())]
            self.fields["owner"] = forms.ChoiceField(choices=choices, help_text="The team that answers for it.")

    def clean_name(self) -> str:
        """A name that is possible and free."""
        name: str = self.cleaned_data["name"].strip()
        problem = name_problem(name)
        if problem:
            raise forms.ValidationError(problem)
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        review, expires = cleaned.get("review_on"), cleaned.get("expires_on")
        if review and expires and review > expires:
            self.add_error("review_on", "A review after it has expired comes too late.")
        return cleaned


class SamplingForm(StepForm):
    """Who sends, and when."""

    unit = forms.ChoiceField(
        required=False,
        label="Who sends",
        choices=[("", "Everybody"), *((unit, f"A share {_UNIT_WORDS[unit]}") for unit in UNITS)],
    )
    percent = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=100,
        max_digits=12,
        decimal_places=8,
        label="Share in percent",
        help_text="5 means that 5 of 100 send.",
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )
    when = forms.ChoiceField(
        label="When it collects",
        choices=[(ALWAYS, "Always"), (ONCE, "Between two moments"), (WEEKLY, "At hours of some days")],
        initial=ALWAYS,
    )
    begins = forms.DateTimeField(required=False, label="From, in UTC", widget=_calendar())
    ends = forms.DateTimeField(required=False, label="Until, in UTC", widget=_calendar())
    days = forms.MultipleChoiceField(required=False, choices=_DAY_WORDS, widget=forms.CheckboxSelectMultiple)
    start = forms.TimeField(required=False, label="From (time of day)", widget=_clock())
    end = forms.TimeField(required=False, label="To (time of day)", widget=_clock())
    time_zone = forms.CharField(
        required=False,
        initial="UTC",
        label="Time zone",
        help_text="Such as Europe/Berlin; daylight saving is heeded.",
    )
    late = forms.ChoiceField(
        required=False,
        label="Events that arrive outside of it",
        choices=[("", _LATE_WORDS["accept"]), *((name, _LATE_WORDS[name]) for name in LATE_ACTIONS if name != "accept")],
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("unit") and cleaned.get("percent") is None and "percent" not in self.errors:
            self.add_error("percent", "Say how many percent of them send.")
        if cleaned.get("percent") is not None and not cleaned.get("unit"):
            self.add_error("unit", "Say of what this is a share: page views, sessions or devices.")
        if cleaned.get("when") == ONCE:
            self._clean_once(cleaned)
        if cleaned.get("when") == WEEKLY:
            self._clean_weekly(cleaned)
        return cleaned

    def _clean_once(self, cleaned: Mapping[str, Any]) -> None:
        begins, ends = cleaned.get("begins"), cleaned.get("ends")
        if not begins and not ends and not {"begins", "ends"} & set(self.errors):
            self.add_error("begins", "Say when it begins, when it ends, or both.")
        if begins and ends and ends <= begins:
            self.add_error("ends", "It must end after it begins.")

    def _clean_weekly(self, cleaned: Mapping[str, Any]) -> None:
        if not cleaned.get("days"):
            self.add_error("days", "Choose the days.")
        for name in ("start", "end"):
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, "Write a time of day, such as 09:00.")
        if cleaned.get("start") is not None and cleaned.get("start") == cleaned.get("end"):
            self.add_error("end", "Start and end are the same. For whole days choose other moments above.")
        if cleaned.get("time_zone") not in available_timezones():
            self.add_error("time_zone", "No time zone has that name. Write one such as Europe/Berlin, or UTC.")


class StoresForm(StepForm):
    """Where events are posted to and kept. A field for each connector: whether it takes the stream, and for how long."""

    service = forms.CharField(
        required=False, max_length=200, label="Intake service", help_text="Producers post there. Empty: as the defaults say."
    )
    canary = forms.ChoiceField(
        required=False,
        label="Canary events",
        choices=[("", "As the defaults say"), ("on", "Yes"), ("off", "No")],
        help_text="Test events that prove that its whole path is alive.",
    )
    partitions = forms.IntegerField(
        required=False, min_value=1, max_value=1000, help_text="Of its topics; they never become fewer. Empty: the platform's."
    )
    retention_hours = forms.IntegerField(
        required=False, min_value=1, max_value=87_840, label="Hours in the log", help_text="168: a week. Empty: the platform's."
    )

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        services = _services(self.snapshot)
        if services:
            choices = [("", "As the defaults say"), *services]
            self.fields["service"] = forms.ChoiceField(
                required=False, choices=choices, label="Intake service", help_text="Producers post its events there."
            )
        self.stores = stores_of(str(self.said.get("about", {}).get("name", "")))
        for one in filter(lambda one: one.is_enabled, self.stores):
            self.fields[f"takes:{one.name}"] = forms.BooleanField(required=False, initial=True, label=one.name)
            self.fields[f"days:{one.name}"] = forms.IntegerField(
                required=False, min_value=1, max_value=36_600, label=f"Days in {one.name}"
            )

    def store_rows(self) -> list[tuple[panels.Downstream, Any, Any]]:
        """Each connector that would take it, with its two fields."""
        return [(one, self[f"takes:{one.name}"], self[f"days:{one.name}"]) for one in self.stores if one.is_enabled]

    def other_stores(self) -> list[panels.Downstream]:
        """Connectors that would not take a stream of this name whatever it says."""
        return [one for one in self.stores if not one.is_enabled]


STEPS: Mapping[str, tuple[str, type[StepForm]]] = {
    "schema": ("Schema", SchemaForm),
    "about": ("Name and owner", AboutForm),
    "sampling": ("Sampling and window", SamplingForm),
    "stores": ("Stores", StoresForm),
}


def name_problem(name: str) -> str:
    """Why a new stream can't have this name; empty where it can."""
    if is_pattern(name):
        return "A pattern of names is added in the admin, by engineers who know what it matches."
    problems = name_problems(name)
    if problems:
        return f"{problems[0].message} {problems[0].remedy}"
    if lookups.current_document().get(name) is not None:
        return f"There is a stream {name} already."
    return ""


def suggested_names(title: str, taken: Iterable[str]) -> Sequence[str]:
    """Names that people give to streams of a schema, those that are free."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", ".", title).strip(".")
    known = set(taken)
    found = (plain, plain.rpartition(".")[2] if plain.count(".") > 1 else "", f"{plain}.v1", f"{plain}.v2")
    return [name for name in dict.fromkeys(found) if name and name not in known][:_SUGGESTED]


def stores_of(name: str) -> Sequence[panels.Downstream]:
    """The connectors, each with whether it would take a stream of that name."""
    found: Sequence[panels.Downstream] = panels.call("connectors.names", name, default=())
    return found


def _services(snapshot: Snapshot) -> list[tuple[str, str]]:
    kept = snapshot.stream_set.document.section("services")
    used = {one.stream.service for one in snapshot.stream_set.entries if one.stream.service}
    titles = {key: str(item.get("title") or key) for key, item in kept.items()}
    return [*titles.items(), *((name, name) for name in sorted(used - set(titles)))]


def _plain(value: Any) -> Any:
    if isinstance(value, date) or hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value) if value is not None and not isinstance(value, bool | int | str | list) else value
