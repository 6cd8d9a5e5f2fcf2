"""Forms of saved questions, and of the ready one: every event here has its counterpart there."""

from __future__ import annotations

from typing import Any

from django import forms

from monitoring.realtime import shapes
from monitoring.realtime.asking import LONGEST_SQL, MOST_STREAMS, shape_of_stream
from monitoring.realtime.models import SavedQuery
from monitoring.realtime.pairs import Pair
from streamconfig.lookups import snapshot

_MOST_WITHIN = 30
_USUAL_FIELDS = ("meta.request_id", "meta.id")


def stream_names() -> list[str]:
    """Streams that can be asked of."""
    return sorted(name for name in snapshot().streams if not name.startswith("/"))


def _choices() -> list[tuple[str, str]]:
    return [(name, name) for name in stream_names()]


class SavedForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A question with its name, and what it expects."""

    streams = forms.MultipleChoiceField(choices=_choices, required=False, help_text="What the table events stands for.")

    class Meta:
        model = SavedQuery
        fields = (
            "name", "note", "team", "sql", "streams", "minutes", "with_canaries",
            "expects", "low", "high", "every_minutes", "broken_after", "of_last",
        )  # fmt: skip
        labels = {
            "sql": "SQL",
            "minutes": "Minutes back",
            "with_canaries": "With canaries",
            "expects": "It expects",
            "low": "At least",
            "high": "At most",
            "every_minutes": "Asked every … minutes",
            "broken_after": "Broken where so many evaluations are",
            "of_last": "of the last",
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 2}), "sql": forms.Textarea(attrs={"rows": 8, "class": "mono"})}

    def clean_streams(self) -> list[str]:
        """At most as many as one question may read."""
        streams: list[str] = self.cleaned_data["streams"]
        if len(streams) > MOST_STREAMS:
            raise forms.ValidationError(f"Choose at most {MOST_STREAMS} streams.")
        return streams

    def clean_sql(self) -> str:
        """No longer than a question may be."""
        sql: str = self.cleaned_data["sql"].replace("\r\n", "\n")
        if len(sql) > LONGEST_SQL:
            raise forms.ValidationError(f"A question has at most {LONGEST_SQL} characters.")
        return sql

    def clean(self) -> dict[str, Any]:
        """Bounds belong to a number, and k of n evaluations is at most n."""
        cleaned = super().clean() or {}
        low, high = cleaned.get("low"), cleaned.get("high")
        if cleaned.get("expects") == SavedQuery.Expects.NUMBER:
            if low is None and high is None:
                self.add_error("low", "Say at least one bound of the number.")
            elif low is not None and high is not None and low > high:
                self.add_error("high", "The upper bound is below the lower one.")
        if (cleaned.get("broken_after") or 0) > (cleaned.get("of_last") or 0):
            self.add_error("of_last", "Not more evaluations can be broken than are looked at.")
        return cleaned


class PairForm(forms.Form):
    """Every `first` has a `second` within some minutes, joined by a field of each."""

    first = forms.ChoiceField(choices=_choices, label="Every event of")
    second = forms.ChoiceField(choices=_choices, label="has one of")
    first_field = forms.CharField(max_length=200, initial="meta.request_id", label="whose field")
    second_field = forms.CharField(max_length=200, initial="meta.request_id", label="equals the field")
    within_minutes = forms.IntegerField(min_value=1, max_value=_MOST_WITHIN, initial=5, label="within … minutes")

    def clean(self) -> dict[str, Any]:
        """Fields are those of the streams' schemas: they become part of the question."""
        cleaned = super().clean() or {}
        for which in ("first", "second"):
            stream, field = cleaned.get(which), cleaned.get(f"{which}_field")
            if stream and field and field not in fields_of(stream):
                self.add_error(f"{which}_field", f"{stream} has no single field {field}.")
        return cleaned

    def pair(self) -> Pair:
        """What was chosen."""
        return Pair(**self.cleaned_data)


def fields_of(stream: str) -> list[str]:
    """Fields that can be compared, those that usually join events first."""
    config = snapshot()
    listed = shapes.listed(shape_of_stream(config.streams[stream], config))
    plain = [name for name, one in listed if one.word not in {"STRUCT", "LIST", "MAP", "JSON"}]
    return [name for name in _USUAL_FIELDS if name in plain] + [name for name in plain if name not in _USUAL_FIELDS]
