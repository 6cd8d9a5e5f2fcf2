"""The form of an instrument: what a product manager steers on top of a stream."""

from __future__ import annotations

from typing import Any

from streamconfig.forms import codecs, fields
from streamconfig.forms.bindings import Setting
from streamconfig.forms.items import ItemForm
from streamconfig.forms.stream import NAMES, TimedFields, check_sampling, suggest
from streamconfig.forms.timing import RAMP, Windows
from streamconfig.forms.together import TIMES, TogetherForm, of_section
from streamconfig.lint.attributes import ATTRIBUTES
from streamconfig.services import Wish

BINDINGS = (
    Setting("stream", ("stream",)),
    Setting("title", ("title",)),
    Setting("description", ("description",)),
    Setting("owner", ("owner",)),
    Setting("contact", ("contact",)),
    Setting("purpose", ("purpose",)),
    Setting("task", ("task",)),
    Setting("is_enabled", ("is_enabled",), codecs.SWITCH),
    Setting("sampling_unit", ("sample", "unit")),
    Setting("sampling_percent", ("sample", "rate"), codecs.PERCENT),
    Windows(),
    Setting("ramp", ("ramp",), RAMP),
    Setting("sites", ("audience", "sites"), codecs.LINES),
    Setting("except_sites", ("audience", "except_sites"), codecs.LINES),
    Setting("platforms", ("audience", "platforms"), codecs.LINES),
    Setting("is_logged_in", ("audience", "is_logged_in"), codecs.CHOICE),
    Setting("attributes", ("contextual_attributes",), codecs.NAMES),
    Setting("review_on", ("review_on",), codecs.DATE),
    Setting("expires_on", ("expires_on",), codecs.DATE),
)
_LOGGED_IN = [("", "Everybody"), (codecs.ON, "Logged-in people only"), (codecs.OFF, "Only who is not logged in")]


class InstrumentForm(TimedFields, ItemForm):
    """An instrument."""

    section = "instruments"
    bindings = BINDINGS

    stream = fields.text("Stream", "It stands on this stream and sends its events there.", is_required=True)
    description = fields.prose("Description", "What it measures.")
    owner = fields.text("Owner team", "Empty: the stream's.")
    contact = fields.text("Contact")
    purpose = fields.prose("Purpose", "What it is collected for, and until when.")
    task = fields.text("Task", "A link to where it was asked for.")
    sites = fields.prose("Sites", "One a line, or a tag of sites. Empty: all.")
    except_sites = fields.prose("But not on", "One a line.")
    platforms = fields.prose("Platforms", "One a line, such as desktop, mobile, android. Empty: all.")
    is_logged_in = fields.choice("People", _LOGGED_IN)
    attributes = fields.many(
        "Contextual attributes", [(one, one) for one in sorted(ATTRIBUTES)], "Clients add these to its events."
    )

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        suggest(self, self.document)
        self.fields["stream"].widget.suggestions = [entry.name for entry in self.document.entries][:NAMES]

    def clean_stream(self) -> str:
        """A stream that is there."""
        name: str = self.cleaned_data["stream"]
        if self.document.get(name) is None and name != self.initial.get("stream"):
            self.add_error("stream", f"There is no stream {name}.")
        return name

    def clean(self) -> dict[str, Any]:
        check_sampling(self, {})
        return super().clean()


class InstrumentsTogether(TogetherForm):
    """Many instruments."""

    bindings = BINDINGS
    offered = TIMES

    def wish(self, names: Any) -> Wish:
        return of_section("instruments", self.changed, names)
