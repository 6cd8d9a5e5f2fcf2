"""What the lists narrow by: declared for django-filter, applied to a snapshot without a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from django import forms
from django_filters import rest_framework as filters  # type: ignore[import-untyped]  # ships no types
from rest_framework.exceptions import ValidationError

from streamconfig.configuration.instruments import Instrument
from streamconfig.configuration.own_keys import SENSITIVITIES
from streamconfig.configuration.setting_types import UNITS
from streamconfig.configuration.stream_set import Configured
from streamconfig.models import Stream

_One = TypeVar("_One")


def _holds_words(words: str, *texts: str) -> bool:
    text = " ".join(texts).lower()
    return all(word in text for word in words.lower().split())


def _has_words(one: Configured, words: str) -> bool:
    about = one.entry.about
    return _holds_words(words, one.entry.name, one.stream.schema_title, about.owner, about.purpose, about.description)


def _is_before(written: str, day: date) -> bool:
    """True where a date is written and comes before the day."""
    return bool(written) and written < day.isoformat()


_STREAM_RULES: Mapping[str, Callable[[Configured, Any], bool]] = {
    "q": _has_words,
    "schema_title": lambda one, title: one.stream.schema_title == title,
    "service": lambda one, service: one.stream.service == service,
    "owner": lambda one, owner: one.entry.about.owner == owner,
    "canary": lambda one, wanted: one.stream.canary_events_enabled is wanted,
    "is_enabled": lambda one, wanted: one.stream.is_enabled is wanted,
    "is_open": lambda one, wanted: one.stream.is_open is wanted,
    "sensitivity": lambda one, wanted: one.entry.about.sensitivity == wanted,
    "expires_before": lambda one, day: _is_before(one.entry.about.expires_on, day),
    "review_before": lambda one, day: _is_before(one.entry.about.review_on, day),
    "consumer": lambda one, name: one.stream.consumers.get(name, {"enabled": False}).get("enabled", True) is not False,
}
_INSTRUMENT_RULES: Mapping[str, Callable[[Instrument, Any], bool]] = {
    "q": lambda one, words: _holds_words(words, one.key, one.title, one.stream, one.owner, one.purpose, one.description),
    "stream": lambda one, name: one.stream == name,
    "owner": lambda one, owner: one.owner == owner,
    "unit": lambda one, unit: one.sampling.unit == unit,
    "is_enabled": lambda one, wanted: one.is_enabled is wanted,
    "is_open": lambda one, wanted: one.is_open is wanted,
    "is_collecting": lambda one, wanted: (one.sampling.rate > 0) is wanted,
    "platform": lambda one, name: not one.audience.platforms or name in one.audience.platforms,
    "expires_before": lambda one, day: _is_before(one.expires_on, day),
    "review_before": lambda one, day: _is_before(one.review_on, day),
}


class YesOrNoField(forms.Field):
    """true or false; Django's own takes any other word for "no wish"."""

    def to_python(self, value: Any) -> bool | None:
        words = {"true": True, "1": True, "false": False, "0": False, "": None}
        text = "" if value is None else str(value).lower()
        if text not in words:
            raise forms.ValidationError("Write true or false.")
        return words[text]


class YesOrNo(filters.BooleanFilter):  # type: ignore[misc]  # ships no types
    """A parameter that is true or false."""

    field_class = YesOrNoField

    def __init__(self, **given: Any) -> None:
        super().__init__(widget=forms.TextInput, **given)  # django-filter's own widget swallows what it doesn't know


class _Filter(filters.FilterSet):  # type: ignore[misc]  # ships no types
    """A word that isn't one of the parameters is ignored, as HTTP caches and trackers add some."""

    q = filters.CharFilter(label="Words in name, title, owner, purpose or description.")
    owner = filters.CharFilter(label="Owned by this team.")
    is_enabled = YesOrNo(label="Switched on, or off.")
    is_open = YesOrNo(label="Within its windows, or outside.")
    expires_before = filters.DateFilter(label="Ends before this day.")
    review_before = filters.DateFilter(label="Due for a review before this day.")

    class Meta:
        model = Stream
        fields: tuple[str, ...] = ()


class StreamFilter(_Filter):
    """Of `/api/v1/streams`."""

    schema_title = filters.CharFilter(label="Exactly this schema title.")
    service = filters.CharFilter(label="Posted to this service.")
    canary = YesOrNo(label="Gets canary events, or doesn't.")
    sensitivity = filters.ChoiceFilter(label="Marked so.", choices=[(name, name) for name in SENSITIVITIES])
    consumer = filters.CharFilter(label="Stored by this connector, as far as the stream's settings say.")


class InstrumentFilter(_Filter):
    """Of `/api/v1/instruments`."""

    stream = filters.CharFilter(label="On this stream.")
    unit = filters.ChoiceFilter(label="Sampled by this unit.", choices=[(name, name) for name in UNITS])
    is_collecting = YesOrNo(label="With a rate above 0 at this moment, or not.")
    platform = filters.CharFilter(label="For this platform, or for all.")
    site = filters.CharFilter(label="For this site, by its name or one of its tags, or for all.")


def narrow(entries: Iterable[Configured], parameters: Mapping[str, str]) -> list[Configured]:
    """The streams that fit all parameters.

    Raises:
        rest_framework.exceptions.ValidationError: a parameter can't be understood.
    """
    return _fitting(entries, wanted(StreamFilter, parameters), _STREAM_RULES)


def narrow_instruments(
    instruments: Iterable[Instrument], parameters: Mapping[str, str], sites: Mapping[str, Mapping[str, Any]]
) -> list[Instrument]:
    """The instruments that fit all parameters; `sites` are the configured ones, with their tags.

    Raises:
        rest_framework.exceptions.ValidationError: a parameter can't be understood.
    """
    asked = wanted(InstrumentFilter, parameters)
    site = asked.pop("site", "")
    names = {site, *(sites.get(site, {}).get("tags") or ())}
    return [one for one in _fitting(instruments, asked, _INSTRUMENT_RULES) if not site or _is_for(one, names)]


def wanted(kind: type[filters.FilterSet], parameters: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that are set, as the values that they stand for."""
    chosen = kind(parameters, queryset=Stream.objects.none())
    if not chosen.form.is_valid():
        raise ValidationError(chosen.form.errors)
    return {name: value for name, value in chosen.form.cleaned_data.items() if value not in ("", None)}


def _fitting(ones: Iterable[_One], asked: Mapping[str, Any], rules: Mapping[str, Callable[[_One, Any], bool]]) -> list[_One]:
    return [one for one in ones if all(rules[name](one, value) for name, value in asked.items())]


def _is_for(one: Instrument, names: set[str]) -> bool:
    audience = one.audience
    return (not audience.sites or bool(names & set(audience.sites))) and not names & set(audience.except_sites)
