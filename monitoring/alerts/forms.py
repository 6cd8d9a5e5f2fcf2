"""Forms of rules, receivers and silences: patterns a line each, and secrets that are typed and never shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from eventplatform.admin_base import Checkboxes, TextArea
from eventplatform.core.errors import RejectedError
from eventplatform.encryption import SecretUnreadableError
from eventplatform.outbound.urls import require_no_inner_address, target_of
from monitoring.alerts import kinds
from monitoring.alerts.channels import mail, posting
from monitoring.alerts.channels.webhook import secret_bytes
from monitoring.alerts.hours import DAYS
from monitoring.alerts.matching import Matcher
from monitoring.alerts.models import AlertReceiver, AlertRule, AlertSilence

MASK = "••••••••"
_Kind = AlertReceiver.Kind


class PatternsField(forms.CharField):
    """Words or patterns, one a line; kept as a list."""

    widget = TextArea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        """A list as it is edited."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """A text as it is kept; commas part words too."""
        return [word for word in str(super().clean(value) or "").replace(",", " ").split() if word]


class MatchingForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """What rules and silences share."""

    kinds = PatternsField(
        required=False,
        help_text="Kinds as of /runbooks, or their beginnings: canary. or connector.*, say. One a line; none: all.",
    )
    subjects = PatternsField(
        required=False, help_text="What it is about, a stream or a connector say, with * and ?. One a line; none: all."
    )

    def clean_kinds(self) -> list[str]:
        """Each must fit something that can happen; else nobody would ever be told."""
        given: list[str] = self.cleaned_data["kinds"]
        for one in given:
            if not any(Matcher(kinds=(one,)).fits(code, "", "") for code in kinds.KINDS):
                raise forms.ValidationError(f"There is no kind {one}; they stand at /runbooks.")
        return given


class RuleForm(MatchingForm):
    """A rule."""

    receivers = forms.ModelMultipleChoiceField(
        queryset=AlertReceiver.objects.order_by("name"),
        required=False,
        widget=Checkboxes,
        help_text="None: its alerts are shown only.",
    )
    hours_days = forms.MultipleChoiceField(
        label="Told on",
        required=False,
        choices=[(str(number), day.capitalize()) for number, day in enumerate(DAYS)],
        widget=Checkboxes,
        help_text="None: every day. Counts only with both times; what opens outside them is told when they begin.",
    )

    class Meta:
        model = AlertRule
        fields = (
            "position",
            "name",
            "is_enabled",
            "kinds",
            "subjects",
            "level",
            "wait_seconds",
            "settle_seconds",
            "receivers",
            "group_by",
            "window_seconds",
            "repeat_minutes",
            "hours_begin",
            "hours_end",
            "hours_days",
            "hours_zone",
        )

    def clean_hours_days(self) -> list[int]:
        return [int(day) for day in self.cleaned_data["hours_days"]]

    def clean_hours_zone(self) -> str:
        """A zone that the system knows."""
        name = str(self.cleaned_data["hours_zone"]).strip()
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            raise forms.ValidationError("There is no such time zone; write Europe/Berlin, or UTC.") from None
        return name

    def clean(self) -> dict[str, Any]:
        """Hours have both ends, and they differ."""
        given = super().clean() or {}
        begin, end = given.get("hours_begin"), given.get("hours_end")
        if (begin is None) != (end is None) or (begin is not None and begin == end):
            raise forms.ValidationError("Give both times, and different ones, or neither.")
        return given


class SilenceForm(MatchingForm):
    """A silence, now or for planned work."""

    class Meta:
        model = AlertSilence
        fields = ("kinds", "subjects", "level", "begins_at", "until", "reason")

    def clean(self) -> dict[str, Any]:
        """It ends after it begins, and doesn't hide everything."""
        given = super().clean() or {}
        begin, until = given.get("begins_at"), given.get("until")
        if begin and until and until <= begin:
            raise forms.ValidationError("It must end after it begins.")
        if not self.errors and not (given.get("kinds") or given.get("subjects") or given.get("level")):
            raise forms.ValidationError("Say what it hides: kinds, subjects or a level. `*` as the kind hides everything.")
        return given


class ReceiverForm(forms.ModelForm):  # type: ignore[type-arg]  # likewise
    """A receiver. An unchanged mask keeps what is kept; an empty field takes it away."""

    url = forms.CharField(
        label="URL",
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of webhook, chat or Alertmanager (without /api/v2/alerts). Kept encrypted; only its host is shown. "
        "An inner host must be in OUTBOUND_PRIVATE_HOSTS.",
    )
    secret = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(render_value=True),
        help_text="Webhook: whsec_… signs each message (Standard Webhooks). Alertmanager: a bearer's token. "
        "Kept encrypted and never shown.",
    )

    class Meta:
        model = AlertReceiver
        fields = ("name", "kind", "addresses", "url", "secret", "tells_ends", "is_enabled")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        try:
            self.kept = posting.secrets_of(self.instance)
        except SecretUnreadableError:
            self.kept = {}
        if "url" in self.fields:  # somebody who may only look gets a form without fields
            url = str(self.kept.get("url", ""))
            self.initial["url"] = _masked(url) if url else ""
            self.initial["secret"] = MASK if self.kept.get("secret") else ""

    def clean_addresses(self) -> str:
        """E-mail addresses, apart by spaces, commas or lines."""
        text = str(self.cleaned_data["addresses"])
        for one in mail.addresses(AlertReceiver(addresses=text)):
            validate_email(one)
        return text

    def clean_url(self) -> str:
        """An address that the platform would call; where a name leads is checked whenever it is called."""
        given = str(self.cleaned_data["url"]).strip()
        kept = str(self.kept.get("url", ""))
        if not given or (kept and given == _masked(kept)):
            return kept if given else ""
        try:
            require_no_inner_address(given, private_hosts=settings.OUTBOUND_PRIVATE_HOSTS)
        except RejectedError as error:
            raise forms.ValidationError(f"{error} {error.hint}") from None
        return given

    def clean(self) -> dict[str, Any]:
        """What the kind needs is there."""
        given = super().clean() or {}
        kind, secret = given.get("kind"), str(given.get("secret") or "")
        given["secret"] = secret = str(self.kept.get("secret", "")) if secret == MASK else secret
        if kind == _Kind.EMAIL and not self.errors and not given.get("addresses", "").strip():
            self.add_error("addresses", "An e-mail receiver needs an address.")
        if kind and kind != _Kind.EMAIL and not self.errors and not given.get("url"):
            self.add_error("url", "This kind needs a URL.")
        if kind == _Kind.WEBHOOK and secret and secret_bytes(secret) is None:
            self.add_error("secret", "Write it as Standard Webhooks has it: whsec_ and 24 to 64 bytes in base64.")
        return given

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """Keep URL and secret encrypted."""
        if not self.errors:
            self.instance.secrets = posting.sealed(self.cleaned_data["url"], self.cleaned_data["secret"])
        return super().save(commit)


def _masked(url: str) -> str:
    try:
        return f"{urlsplit(url).scheme.lower()}://{target_of(url).authority}/{MASK}"
    except RejectedError:
        return MASK
