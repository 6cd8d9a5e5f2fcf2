"""The forms of teams, intake services, sites and policies: small items with a key of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import Group

from eventplatform.admin_base import Checkboxes
from streamconfig import services
from streamconfig.change_control.actors import TEAM_PREFIX
from streamconfig.configuration.document import Document
from streamconfig.configuration.effects import CODES
from streamconfig.forms import codecs, door, fields
from streamconfig.forms.bindings import Setting
from streamconfig.forms.door import ServiceDoorFields
from streamconfig.forms.proposing import ProposingForm
from streamconfig.models import ChangeRequest, Item
from streamconfig.services import Wish

_NAMES = codecs.LINES


class SectionForm(ProposingForm):
    """An item of one of our own sections."""

    class Meta:
        model = Item
        fields = ()

    def wish(self, item: Mapping[str, Any]) -> Wish:
        """A new item doesn't replace one that is there."""
        key, is_new = self.item_name, not self.instance.pk
        put = services.with_item(self.section, key, item)

        def wish(before: Document) -> Document:
            if is_new and key in before.section(self.section):
                raise services.ItemExistsError(name=key, section=self.section)
            return put(before)

        return wish


class ItemForm(SectionForm):
    """An item with a key that a person gives it, which can't be changed later."""

    name_field = "key"

    key = fields.text("Key", "Its short name, such as web-team. It can't be changed later.", is_required=True)
    title = fields.text("Title", "As people call it.")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        if self.instance.pk:
            self.initial["key"] = self.instance.key
            self.fields["key"].disabled = True
            self.locked.setdefault("key", "Make a new one, and remove this.")


class TeamForm(ItemForm):
    """A team."""

    section = "teams"
    bindings = (
        Setting("title", ("title",)),
        Setting("description", ("description",)),
        Setting("contact", ("contact",)),
        Setting("email", ("email",)),
    )

    description = fields.prose("Description")
    contact = fields.text("Contact", "Where it is reached: a channel, a page.")
    email = fields.text("E-mail", "Reminders and notifications go there.")


class ServiceForm(ServiceDoorFields, ItemForm):
    """An intake service."""

    section = "services"
    bindings = (
        Setting("title", ("title",)),
        Setting("description", ("description",)),
        Setting("url", ("url",)),
        Setting("audience", ("audience",)),
        *door.OF_SERVICE,
    )

    description = fields.prose("Description")
    url = fields.text("Address", "Where producers post to.")
    audience = fields.choice("Audience", [("", "Not said"), ("internal", "Internal"), ("external", "External")])


class SiteForm(ItemForm):
    """A site."""

    section = "sites"
    bindings = (Setting("title", ("title",)), Setting("tags", ("tags",), _NAMES), Setting("hosts", ("hosts",), _NAMES))

    tags = fields.prose("Tags", "One a line; overrides may name a tag instead of each site.", rows=3)
    hosts = fields.prose("Hosts", "One a line, such as en.example.org.", rows=3)


class PolicyForm(ItemForm):
    """When a change needs which approvals."""

    section = "policies"
    bindings = (
        Setting("title", ("title",)),
        Setting("effects", ("effects",), codecs.NAMES),
        Setting("rate_factor", ("rate_factor",), codecs.NUMBER),
        Setting("approvals", ("approvals",), codecs.WHOLE),
        Setting("by", ("by",), codecs.NAMES),
        Setting("outside_team", ("outside_team",), codecs.FLAG),
        Setting("waives", ("waives",), codecs.FLAG),
        Setting("sources", ("sources",), codecs.NAMES),
        Setting("environments", ("environments",), _NAMES),
    )

    effects = fields.many("Effects", [("*", "Every change"), *CODES.items()], "What a change must do for the policy to hold.")
    rate_factor = forms.FloatField(
        label="More than so many times as much",
        required=False,
        min_value=0,
        widget=fields.NumberInput,
        help_text="Only where the rate rises by more than this factor: 2 is twice as much. Empty: whatever it does.",
    )
    approvals = fields.whole("Approvals", "How many people are to approve. Empty is one.", least=0, most=10)
    by = forms.MultipleChoiceField(label="By", required=False, widget=Checkboxes, help_text="People of these groups count.")
    outside_team = fields.switch("One from outside", "One of them at least is in none of the owning teams.")
    waives = fields.switch("Waives", "Lifts what other policies want of these effects.")
    sources = fields.many("Only from", ChangeRequest.Source.choices, "None ticked: wherever the change comes from.")
    environments = fields.prose("Only in these environments", "One a line. Empty: in all.")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        groups = {*Group.objects.values_list("name", flat=True), *(self.initial.get("by") or ())}
        ordered = sorted(groups, key=lambda name: (name.startswith(TEAM_PREFIX), name))
        by, effects = self.fields["by"], self.fields["effects"]
        assert isinstance(by, forms.MultipleChoiceField)  # noqa: S101  # declared above
        assert isinstance(effects, forms.MultipleChoiceField)  # noqa: S101  # likewise
        by.choices = [(name, name) for name in ordered]
        unknown = [one for one in self.initial.get("effects") or () if one not in {"*", *CODES}]
        effects.choices = [("*", "Every change"), *CODES.items(), *((one, one) for one in unknown)]
