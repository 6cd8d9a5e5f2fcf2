"""What `/api/v1/streams` and the list page narrow by: declared for django-filter, applied to a snapshot without a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django_filters import rest_framework as filters  # type: ignore[import-untyped]  # ships no types
from rest_framework.exceptions import ValidationError

from streamconfig.configuration.stream_set import Configured
from streamconfig.models import Stream


def _has_words(one: Configured, words: str) -> bool:
    about = one.entry.about
    text = f"{one.entry.name} {one.stream.schema_title} {about.owner} {about.purpose} {about.description}".lower()
    return all(word in text for word in words.lower().split())


_RULES: Mapping[str, Callable[[Configured, Any], bool]] = {
    "q": _has_words,
    "schema_title": lambda one, title: one.stream.schema_title == title,
    "service": lambda one, service: one.stream.service == service,
    "owner": lambda one, owner: one.entry.about.owner == owner,
    "canary": lambda one, wanted: one.stream.canary_events_enabled is wanted,
    "is_enabled": lambda one, wanted: one.stream.is_enabled is wanted,
}


class StreamFilter(filters.FilterSet):  # type: ignore[misc]  # ships no types
    """The parameters; a word that isn't one of them is ignored, as HTTP caches and trackers add some."""

    q = filters.CharFilter(label="Words in name, schema title, owner, purpose or description.")
    schema_title = filters.CharFilter(label="Exactly this schema title.")
    service = filters.CharFilter(label="Posted to this service.")
    owner = filters.CharFilter(label="Owned by this team.")
    canary = filters.BooleanFilter(label="Gets canary events, or doesn't.")
    is_enabled = filters.BooleanFilter(label="Switched on, or off.")

    class Meta:
        model = Stream
        fields: tuple[str, ...] = ()


def narrow(entries: Iterable[Configured], parameters: Mapping[str, str]) -> list[Configured]:
    """The entries that fit all parameters.

    Raises:
        rest_framework.exceptions.ValidationError: a parameter can't be understood.
    """
    chosen = StreamFilter(parameters, queryset=Stream.objects.none())
    if not chosen.form.is_valid():
        raise ValidationError(chosen.form.errors)
    wanted = {name: value for name, value in chosen.form.cleaned_data.items() if value not in ("", None)}
    return [one for one in entries if all(_RULES[name](one, value) for name, value in wanted.items())]
