"""What the page asks for to make a key, and the wish that it comes to."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from intake.keys.services import Wish

_DAYS = ((30, "30 days"), (90, "90 days"), (365, "a year"), (0, "no end"))
_USUAL_DAYS = 365
_BETWEEN = re.compile(r"[\s,]+")


def words_of(text: str) -> list[str]:
    """Names out of a text, whatever stands between them."""
    return [word for word in _BETWEEN.split(text) if word]


class KeyForm(forms.Form):
    """A key. Only the name and the streams must be given."""

    name = forms.CharField(max_length=100, label="Who sends with it", help_text="The program, or the team.")
    streams = forms.CharField(
        max_length=20_000,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        label="Streams",
        help_text="Names, or beginnings such as page_*; * is every stream.",
    )
    services = forms.CharField(max_length=5_000, required=False, label="Services", help_text="Empty: all of them.")
    days = forms.TypedChoiceField(choices=_DAYS, coerce=int, initial=_USUAL_DAYS, label="How long it is good")
    events_per_second = forms.FloatField(
        min_value=0.001,
        max_value=1e9,
        required=False,
        label="Events a second, at most",
        help_text="Empty: as the service says.",
    )
    events_per_day = forms.IntegerField(
        min_value=1, max_value=10**15, required=False, label="Events a day, at most", help_text="By UTC days. Empty: likewise."
    )
    note = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        label="Note",
        help_text="Where it is kept, whom to ask.",
    )

    @property
    def asked(self) -> list[forms.BoundField]:
        """What everybody fills in."""
        return [self[name] for name in ("name", "streams", "days")]

    @property
    def further(self) -> list[forms.BoundField]:
        """What few need."""
        return [field for field in self if field.name not in {"name", "streams", "days"}]

    def wish(self) -> Wish:
        """What was asked for."""
        said: dict[str, Any] = self.cleaned_data
        return Wish(
            name=said["name"],
            streams=words_of(said["streams"]),
            services=words_of(said["services"]),
            expires_at=timezone.now() + timedelta(days=said["days"]) if said["days"] else None,
            events_per_second=said["events_per_second"],
            events_per_day=said["events_per_day"],
            note=said["note"],
        )
