"""Moves a connector on purpose: its offsets, or records that it takes again; each says what it will do before it does it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from connectors import acts, backfill, lookups, repositioning
from connectors.models import Connector, Lease
from connectors.repositioning import Place
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from streamconfig import lookups as configuration

_CHANGE = "connectors.change_connector"
_PLACES = [
    ("first", "The first record that the log still holds"),
    ("end", "Past the newest record: skips what waits"),
    ("store", "Where the store itself stands"),
    ("offset", "An offset"),
]


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput({"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")


class OffsetsForm(forms.Form):
    """Which partition goes where."""

    use_required_attribute = False
    where = forms.ChoiceField(label="Partition")
    to = forms.ChoiceField(label="Goes on at", choices=_PLACES, widget=forms.RadioSelect)
    offset = forms.IntegerField(required=False, min_value=0, label="Offset", help_text="Where an offset is chosen.")
    name = forms.CharField(label="Type the connector's name", help_text="So that it is this one that moves.")

    def __init__(self, *arguments: Any, connector: Connector, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.connector = connector
        leases = Lease.objects.filter(connector=connector, backfill=None)
        places = [f"{topic}/{partition}" for topic, partition in leases.values_list("topic", "partition")]
        self.fields["where"].choices = [("", "Every partition"), *((one, one) for one in places)]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["where"].required = False

    def clean_name(self) -> str:
        """The one that moves."""
        if self.cleaned_data["name"] != self.connector.name:
            raise forms.ValidationError("That is not its name; nothing was moved.")
        return self.connector.name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("to") == "offset":
            if cleaned.get("offset") is None:
                self.add_error("offset", "Say which.")
            if not cleaned.get("where"):
                self.add_error("where", "An offset means something in one partition only; choose it.")
        return cleaned

    @property
    def place(self) -> Place:
        """Where to, in the words of the service."""
        to = self.cleaned_data["to"]
        return int(self.cleaned_data["offset"]) if to == "offset" else to


class BackfillForm(forms.Form):
    """Which records are taken again; times are UTC."""

    use_required_attribute = False
    stream = forms.ChoiceField()
    begin = forms.DateTimeField(
        required=False, label="From (UTC)", widget=_moment(), help_text="Empty: the first that the log holds."
    )
    end = forms.DateTimeField(required=False, label="To (UTC)", widget=_moment(), help_text="Empty: up to now.")

    def __init__(self, *arguments: Any, connector: Connector, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        route = connector.route
        names = sorted(one.name for one in configuration.snapshot().streams.values() if route.takes(one))
        self.fields["stream"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]  # a ChoiceField


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(_CHANGE, raise_exception=True)
def offsets(request: HttpRequest, name: str) -> HttpResponseBase:
    """Move or reset where a stopped connector goes on."""
    connector = get_object_or_404(Connector.objects.select_related("target"), name=name)
    form = OffsetsForm(request.POST or None, connector=connector, initial={"where": request.GET.get("where", "")})
    if connector.is_stopped and form.is_bound and form.is_valid():
        try:
            said = _move(connector, form, request)
        except PlatformError as error:
            form.add_error(None, f"{error} {error.hint}".strip())
        else:
            messages.success(request, said)
            return redirect("connector", name)
    return render(request, "connectors/offsets.html", {"row": connector, "form": form, "view": lookups.find(name)})


def _move(connector: Connector, form: OffsetsForm, request: HttpRequest) -> str:
    """Move one partition, or each; what was moved before one failed stays moved, and the page shows it."""
    chosen = form.cleaned_data["where"]
    leases = Lease.objects.filter(connector=connector, backfill=None).values_list("topic", "partition")
    moved = []
    by = request.user.get_username()
    try:
        for where in (TopicPartition(*one) for one in leases):
            if chosen in ("", f"{where.topic}/{where.partition}"):
                after = repositioning.reposition(connector=connector, where=where, to=form.place, by=by)
                moved.append(f"{where.topic}/{where.partition} to {after.next_offset}")
    finally:
        acts.note(connector, by=request.user, changes=[f"moved {', '.join(moved)}"] if moved else ())
    return f"{len(moved)} partition{'' if len(moved) == 1 else 's'} moved. Resume {connector.name} to go on from there."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(_CHANGE, raise_exception=True)
def take_again(request: HttpRequest, name: str) -> HttpResponseBase:
    """Have records between two times taken again, beside what goes on."""
    connector = get_object_or_404(Connector.objects.select_related("target"), name=name)
    form = BackfillForm(request.POST or None, connector=connector)
    if form.is_bound and form.is_valid():
        stream, begin, end = form.cleaned_data["stream"], _utc(form, "begin"), _utc(form, "end")
        try:
            made = backfill.start(connector=name, stream=stream, by=request.user.get_username(), begin=begin, end=end)
        except PlatformError as error:
            form.add_error(None, f"{error} {error.hint}".strip())
        else:
            acts.note(connector, by=request.user, changes=[f"back-fill {made.pk} of {stream} started"])
            messages.success(request, f"Back-fill {made.pk} of {stream} started; it runs beside what goes on.")
            return redirect("connector", name)
    return render(request, "connectors/backfill.html", {"row": connector, "form": form})


def _utc(form: forms.Form, name: str) -> datetime | None:
    moment: datetime | None = form.cleaned_data[name]
    return moment.astimezone(UTC) if moment else None
