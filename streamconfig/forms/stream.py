"""The form of a stream for product managers: all settings of the dictionary, and what we add to them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from django import forms
from unfold import widgets

from eventplatform import panels
from registry import lookups as registry
from streamconfig import services
from streamconfig.configuration import document as documents
from streamconfig.configuration.document import Document, DocumentInvalidError
from streamconfig.configuration.own_keys import LATE_ACTIONS, SENSITIVITIES
from streamconfig.configuration.setting_types import UNITS
from streamconfig.forms import fields
from streamconfig.forms.door import StreamDoorFields
from streamconfig.forms.maps import ConsumerRow, HeaderRow, KeyRow
from streamconfig.forms.proposing import ProposingForm
from streamconfig.forms.rows import RowsField
from streamconfig.forms.stream_bindings import STREAM, TOPIC_RULES
from streamconfig.forms.timing import OnceRow, StepRow, WeeklyRow
from streamconfig.lint.attributes import ATTRIBUTES
from streamconfig.models import Stream
from streamconfig.services import Wish

_UNIT_WORDS: Mapping[str, str] = {"pageview": "Page views", "session": "Sessions", "device": "Devices"}
UNIT_CHOICES = [("", "As the defaults say"), *((unit, _UNIT_WORDS[unit]) for unit in UNITS)]
_LATE_WORDS = {"accept": "Take them", "flag": "Take them, marked as late", "drop": "Drop and count them"}
_LATE_CHOICES = [("", "As if always open"), *((one, _LATE_WORDS[one]) for one in LATE_ACTIONS)]
_SENSITIVITY_CHOICES = [("", "Not said"), *((one, one.capitalize()) for one in SENSITIVITIES)]
NAMES = 2000  # suggestions that a page can carry


class TimedFields(forms.Form):
    """When something collects, and how much: of streams and instruments alike."""

    is_enabled = fields.switch("On", "Off: clients stop, and the intake refuses what still comes.", is_on=True)
    sampling_percent = fields.PercentField(
        "Sampling in percent", "5 means that 5 of 100 send. 0 stops clients, 100 is everybody."
    )
    sampling_unit = fields.choice("Share of", UNIT_CHOICES, "Who is drawn.")
    ramp = RowsField(StepRow, label="Ramp", help_text="From each moment on this share holds, until the next.")
    windows_once = RowsField(OnceRow, label="Windows, once", help_text="It collects from one moment to another. None: always.")
    windows_weekly = RowsField(
        WeeklyRow,
        label="Windows, every week",
        help_text="It collects at these hours. 24:00 ends a day; an earlier end is next day's.",
    )
    review_on = fields.day("Review on", "Its owner is asked then whether it is still needed.")
    expires_on = fields.day("Expires on", "It is to be retired then.")


class StreamFields(forms.Form):
    """The settings that defaults may say too."""

    service = fields.text("Intake service", "Producers post its events there.")
    canary = fields.flag("Canary events", "A test event a minute that proves that the path is alive.")
    consumers = RowsField(
        ConsumerRow, label="Stores", help_text="An empty cell leaves what the defaults and the store's own settings say."
    )
    headers = RowsField(
        HeaderRow,
        label="Fields from headers",
        help_text="The intake fills a field from a header; “not kept” keeps it from doing so.",
    )
    edge_uniques = fields.flag("Edge uniques", "The intake counts unique visitors without knowing them.")
    eventbus_enabled = fields.flag("EventBus sends it")
    eventbus_service = fields.text("EventBus posts to", "Empty: the intake service.")
    attributes = fields.many(
        "Contextual attributes", [(one, one) for one in sorted(ATTRIBUTES)], "Clients add these to each event."
    )
    test_kitchen = fields.flag("A stream of the Test Kitchen")
    topic_rule = fields.choice("Topics", TOPIC_RULES)
    topic_values = forms.CharField(
        label="Prefixes or topics",
        required=False,
        widget=widgets.UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="One a line, for the last two choices.",
    )
    message_key = RowsField(KeyRow, label="Message key", help_text="Events of one key keep their order.")
    other_settings = fields.json_text("Other settings", "As in the configuration file; every reader of the API sees them.")


class StreamForm(StreamFields, StreamDoorFields, TimedFields, ProposingForm):
    """A stream."""

    section = documents.STREAMS
    bindings = STREAM
    name_field = "name"

    name = fields.text("Name", "As events name it in meta.stream, such as page.change.", is_required=True)
    schema_title = fields.text("Schema title", "Its events are of this schema, such as page/change.", is_required=True)
    description = fields.prose("Description", "What an event of it tells, in one sentence.")
    owner = fields.text("Owner team", "The team that answers for it.")
    purpose = fields.prose("Purpose", "What it is collected for, and until when.")
    contact = fields.text("Contact", "Where its owner is reached: a channel, an address.")
    task = fields.text("Task", "A link to where it was asked for.")
    sensitivity = fields.choice("Sensitivity", _SENSITIVITY_CHOICES, "Whether its data tell of people.")
    late_action = fields.choice("Late events", _LATE_CHOICES, "What becomes of events that arrive when no window is open.")
    late_grace = fields.whole("Grace in seconds", "So long after a window they count as in time.", least=0)
    partitions = fields.whole("Partitions", "Of each topic. They can grow, never shrink.", most=1000)
    retention_hours = fields.whole("Kept in the log, hours", "Empty: as long as the log's own settings say.")

    class Meta:
        model = Stream
        fields = ()

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        if self.instance.pk:
            self.initial["name"] = self.instance.name
            self.fields["name"].disabled = True
            self.locked.setdefault("name", "A stream keeps its name; make a new one, and retire this.")
        suggest(self, self.document)
        self.fields["schema_title"].widget.suggestions = list(registry.schemas().titles())[:NAMES]

    @property
    def item_name(self) -> str:
        name: str = self.instance.name if self.instance.pk else self.cleaned_data.get("name", "")
        return name

    def item_in(self, document: Document) -> Mapping[str, Any] | None:
        entry = document.get(self.item_name)
        return entry.as_json() if entry else None

    def inherited(self) -> Mapping[str, Any]:
        return self.document.defaults

    def wish(self, item: Mapping[str, Any]) -> Wish:
        entry, problems = documents.read_entry(self.item_name, item)
        if entry is None:
            raise DocumentInvalidError(problems)
        return services.with_stream(entry, is_new=not self.instance.pk)

    def clean_schema_title(self) -> str:
        """A title that is registered; the nearest ones are named where it isn't."""
        title: str = self.cleaned_data["schema_title"].strip().strip("/")
        schemas = registry.schemas()
        if schemas.has_title(title) or title == self.initial.get("schema_title"):
            return title
        near = difflib.get_close_matches(title, schemas.titles(), n=3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Import its repository first."
        raise forms.ValidationError(f"No schema {title} is registered. {remedy}", code="schema_unknown")

    def clean(self) -> dict[str, Any]:
        check_sampling(self, self.inherited().get("sample"))
        return super().clean()


def check_sampling(form: forms.BaseForm, below: Any) -> None:
    """A share is of something: half of the two is told at the other."""
    held, known = form.cleaned_data, below if isinstance(below, Mapping) else {}
    unit, percent = held.get("sampling_unit") or known.get("unit"), held.get("sampling_percent")
    if held.get("sampling_unit") and percent is None and "rate" not in known and "sampling_percent" not in form.errors:
        form.add_error("sampling_percent", "Say how many percent of them send.")
    if percent is not None and not unit:
        form.add_error("sampling_unit", "Say of what this is a share: page views, sessions or devices.")


def suggest(form: forms.BaseForm, document: Document) -> None:
    """What is known already, to choose from: teams, services, stores, attributes that are in use."""
    known: Mapping[str, list[str]] = {
        "owner": [*document.section("teams"), *(entry.about.owner for entry in document.entries if entry.about.owner)],
        "service": list(document.section("services")),
        "eventbus_service": list(document.section("services")),
    }
    for name in known.keys() & form.fields.keys():
        form.fields[name].widget.suggestions = sorted(set(known[name]))[:NAMES]
    attributes = form.fields.get("attributes")
    if isinstance(attributes, forms.MultipleChoiceField):
        every = {*ATTRIBUTES, *(form.initial.get("attributes") or ())}
        attributes.choices = [(one, one) for one in sorted(every)]
    stores = form.fields.get("consumers")
    if isinstance(stores, RowsField):
        stores.widget.suggested = [(name, {}) for name in stores_known(document)]


def stores_known(document: Document) -> list[str]:
    """What the defaults name, and connectors: one is obeyed by its own name or its store's, so never a row for both."""
    consumers = document.defaults.get("consumers")
    named = list(consumers) if isinstance(consumers, Mapping) else []
    connectors = [one.name for one in panels.call("connectors.names", default=()) if one.target not in named]
    return list(dict.fromkeys([*named, *connectors]))
