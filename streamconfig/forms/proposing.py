"""What the forms of all items share: a save proposes a change of the revision that the form was opened at, or tells why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from eventplatform.core.errors import PlatformError
from streamconfig import lookups, services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import ConflictError, RequestEmptyError
from streamconfig.change_control.requests import Outcome
from streamconfig.configuration.changes import Change
from streamconfig.configuration.document import Document, DocumentInvalidError
from streamconfig.configuration.setting_types import Problem
from streamconfig.forms import fields, locks
from streamconfig.forms.bindings import Binding, at, tail_of, tail_problems, values_of, written
from streamconfig.forms.codecs import ABSENT, words
from streamconfig.forms.rows import RowsField
from streamconfig.forms.timing import aware
from streamconfig.forms.titles import title_of
from streamconfig.models import ChangeRequest
from streamconfig.services import Wish

TAIL = "other_settings"


class ProposingForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A form of one item. The admin sets `actor`; nothing is written but by `propose`, and no row by the form itself."""

    section: ClassVar[str] = ""
    bindings: ClassVar[Sequence[Binding]] = ()
    actor: ClassVar[Actor] = Actor("nobody")

    reason = fields.text("Why", "Whoever approves reads it, and it stands in the history beside your name.")
    effective_on = fields.LocalMoment("Holds from", "Empty: as soon as it is approved.")
    effective_zone = fields.ZoneField(help_text="Whose clock the moment is read from.")
    base_revision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.opened_at = self._revision_opened()
        self.document = lookups.document_of(self.opened_at) if self.opened_at else lookups.current_document()
        found = self.item_in(self.document) if self.instance.pk else {}
        self.is_gone = found is None
        self.base: Mapping[str, Any] = found or {}
        self.item: dict[str, Any] = {}
        self.changes: list[Change] = []
        self.initial.update({**values_of(self.base, self.bindings), "base_revision": self.opened_at})
        if TAIL in self.fields:
            self.initial[TAIL] = tail_of(self.base, self.bindings)
        self.locked = self._locked()
        for name in self.locked.keys() & self.fields.keys():
            self.fields[name].disabled = True
        self.show_inherited(self.inherited())

    def _locked(self) -> dict[str, str]:
        if not self.instance.pk:
            return {}
        is_own = locks.is_own(self.actor, self.document, self.section, self.item_name, self.base)
        return locks.locked(self.actor, self.section, self.bindings, is_own=is_own)

    def _revision_opened(self) -> int:
        posted = str(self.data.get(self.add_prefix("base_revision"), "")) if self.is_bound else ""
        return int(posted) if posted.isascii() and posted.isdigit() and len(posted) < 19 else lookups.newest_revision()  # noqa: PLR2004  # a bigint

    # What each form says of itself

    @property
    def item_name(self) -> str:
        """The item's name; of a new one, what is written."""
        name: str = self.instance.key if self.instance.pk else self.cleaned_data.get("key", "")
        return name

    def item_in(self, document: Document) -> Mapping[str, Any] | None:
        """The item as a document has it."""
        return document.section(self.section).get(self.item_name)

    def wish(self, item: Mapping[str, Any]) -> Wish:
        """What the form asks for."""
        return services.with_item(self.section, self.item_name, item)

    def inherited(self) -> Mapping[str, Any]:
        """What holds where a field says nothing."""
        return {}

    # Checks

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._refuse_tampering()
        if self.is_gone:
            self.add_error(None, f"{self.item_name} was not there in revision {self.opened_at}, or is gone. Open it again.")
        self.cleaned_data["effective_at"] = self._effective_at(cleaned)
        if not self.errors:
            self._build(cleaned)
        return cleaned

    def _build(self, cleaned: Mapping[str, Any]) -> None:
        tail = cleaned.get(TAIL, self.initial.get(TAIL)) or {}
        if TAIL not in self.fields:
            tail = tail_of(self.base, self.bindings)
        doubled = tail_problems(tail, self.bindings)
        if doubled:
            self.add_error(TAIL, f"{', '.join(doubled)}: use the field of its own above, and take it out here.")
            return
        self.item = written(self.base, cleaned, self.bindings, tail)
        try:
            self.changes = services.changes_of(self.wish(self.item), base_revision=self.opened_at)
            services.check(self.changes, by=self.actor)
        except DocumentInvalidError as error:
            for problem in error.problems:
                self.add_error(self.field_of(problem), f"{problem.message} {problem.remedy}")
        except RequestEmptyError as error:
            self.add_error(None, forms.ValidationError(f"{error} Nothing was proposed.", code=error.code))
        except ConflictError as error:
            self._tell_conflicts(error)
        except PlatformError as error:
            self.add_error(self.name_field, forms.ValidationError(f"{error} {error.hint}", code=error.code))

    name_field: ClassVar[str | None] = None  # where it is told that the item's name can't be had

    def _tell_conflicts(self, error: ConflictError) -> None:
        if self.is_draft:
            return  # the draft's page is where both are merged
        for one in error.conflicts:
            said = "it away" if one.found is None else f"it {words(one.found)}"
            told = f"Somebody else made {said} meanwhile. Open the form again, or save a draft and merge both on its page."
            self.add_error(self._field_at(tuple(one.path.split("."))), forms.ValidationError(told, code=error.code))

    def field_of(self, problem: Problem) -> str | None:
        """The field that a problem is told at."""
        if problem.stream not in {self.item_name, self.section} or problem.section != self.section:
            return None
        path = tuple(part.replace("~1", "/").replace("~0", "~") for part in problem.pointer.split("/")[1:])
        return self._field_at(path) if path else self.name_field

    def _field_at(self, path: tuple[str, ...]) -> str | None:
        fits = [(len(keys), one.fields[0]) for one in self.bindings for keys in one.paths if path[: len(keys)] == keys]
        found = max(fits)[1] if fits else TAIL
        return found if found in self.fields else None

    def _refuse_tampering(self) -> None:
        """A disabled field's post is ignored by Django; here it is refused, so that nobody thinks it was saved."""
        for name, field in self.fields.items():
            if not field.disabled or not self._is_sent(name, field):
                continue
            posted = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            if _differs(field, self.get_initial_for_field(field, name), posted):
                message = f"You can't change {field.label or name}. {self.locked.get(name, '')}".strip()
                self.add_error(None, forms.ValidationError(message, code="forbidden"))

    def _is_sent(self, name: str, field: forms.Field) -> bool:
        if isinstance(field.widget, forms.CheckboxInput | forms.SelectMultiple | forms.CheckboxSelectMultiple):
            return self.add_prefix(name) in self.data  # Django can't tell an empty one from one that wasn't sent
        return not field.widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name))

    def _effective_at(self, cleaned: Mapping[str, Any]) -> datetime | None:
        if not cleaned.get("effective_on") or "effective_zone" in self.errors:
            return None
        moment = aware(cleaned["effective_on"], cleaned["effective_zone"])
        if moment <= timezone.now():
            self.add_error("effective_on", "That moment is over. Leave it empty, or choose one that is to come.")
        return moment

    def _post_clean(self) -> None:
        """No row is made of the fields: publishing writes the rows."""

    def save(self, commit: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002  # Django's signature
        """The row as it is: publishing writes it."""
        return self.instance

    @property
    def is_foreign(self) -> bool:
        """True where the item is another team's, so that nothing of it can be proposed."""
        return locks.FOREIGN in self.locked.values()

    @property
    def lock_words(self) -> str:
        """Why fields are grey, where it is the person and not the field."""
        if self.is_foreign:
            return f"{locks.FOREIGN} You can look; ask that team, or an engineer, to change it."
        return "Grey fields are for engineers to change." if locks.ENGINEERS in self.locked.values() else ""

    def save_m2m(self) -> None:
        """Nothing is kept beside it."""

    # What is proposed

    @property
    def is_draft(self) -> bool:
        """True where the person only wants it written down."""
        return "_draft" in self.data

    def propose(self) -> Outcome:
        """Make the change request, or its draft."""
        facts: dict[str, Any] = {
            "by": self.actor,
            "changes": self.changes,
            "title": title_of(self.changes),
            "reason": self.cleaned_data.get("reason", ""),
            "source": ChangeRequest.Source.ADMIN,
            "base_revision": self.opened_at,
            "effective_at": self.cleaned_data.get("effective_at"),
        }
        return Outcome(requests.draft(**facts)) if self.is_draft else requests.propose(**facts)

    # What the defaults say

    def show_inherited(self, below: Mapping[str, Any]) -> None:
        """Beside each field, what holds where it says nothing."""
        for binding in self.bindings:
            for name, path in ((binding.fields[0], path) for path in binding.paths):
                value = at(below, path)
                if value not in (ABSENT, None) and name in self.fields:
                    _show(self.fields[name], value if path[-1:] != ("rate",) else f"{words(_percent(value))} %")


def _percent(rate: Any) -> Any:
    return f"{rate * 100:.10g}" if isinstance(rate, int | float) else rate


def _show(field: forms.Field, value: Any) -> None:
    told = words(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.MultipleChoiceField):
        field.choices = [(key, f"{word}: {told}" if key == "" else word) for key, word in fields.choices_of(field)]
    elif isinstance(field, RowsField | forms.MultipleChoiceField) or isinstance(field.widget, forms.Textarea):
        field.help_text = f"{field.help_text} The defaults say: {told}.".strip()
    else:
        field.widget.attrs["placeholder"] = f"{told}, as the defaults say"


def _differs(field: forms.Field, initial: Any, posted: Any) -> bool:
    """As `Field.has_changed`, which never says yes for a disabled field."""
    field.disabled = False
    try:
        return field.has_changed(initial, posted)
    finally:
        field.disabled = True
