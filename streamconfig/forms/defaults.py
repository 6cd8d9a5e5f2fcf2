"""The form of the defaults: what holds for every stream that doesn't say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamconfig import services
from streamconfig.configuration.changes import DEFAULTS
from streamconfig.configuration.document import Document
from streamconfig.forms import fields
from streamconfig.forms.fields import unset_words
from streamconfig.forms.proposing import ProposingForm
from streamconfig.forms.stream import UNIT_CHOICES, StreamFields, suggest
from streamconfig.forms.stream_bindings import INHERITED
from streamconfig.models import Defaults
from streamconfig.services import Wish


class DefaultsForm(StreamFields, ProposingForm):
    """The settings below every stream's own."""

    section = DEFAULTS
    bindings = INHERITED

    sampling_percent = fields.PercentField("Sampling in percent", "Of streams that say nothing of their own.")
    sampling_unit = fields.choice("Share of", UNIT_CHOICES)

    class Meta:
        model = Defaults
        fields = ()

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        suggest(self, self.document)
        unset_words(self, "Nothing is said")

    @property
    def item_name(self) -> str:
        return DEFAULTS

    def item_in(self, document: Document) -> Mapping[str, Any] | None:
        return document.defaults

    def wish(self, item: Mapping[str, Any]) -> Wish:
        return services.with_defaults(item)
