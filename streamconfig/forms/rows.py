"""A field of repeated rows, such as windows or a ramp's steps: a table of small forms with spare rows for more.

It works without a script; `static/rows.js` adds a button for more rows and one to take a row away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

_MAX_ROWS = 200


class RowForm(forms.Form):
    """One row. `shown` and `item` are each other's opposite: a value of the setting, and the row's fields."""

    use_required_attribute = False
    ignored: ClassVar[tuple[str, ...]] = ()  # a row that says nothing but these is empty

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        """The row's fields for a value.

        Raises:
            ValueError: the row has no place for what it says.
        """
        raise NotImplementedError

    def item(self) -> Any:
        """The value that the row's cleaned fields mean."""
        raise NotImplementedError


class Posted(list[dict[str, Any]]):
    """Rows as they were posted, which may be wrong."""


class RowsWidget(forms.Widget):
    """The table. A hidden field beside it tells a table without rows from one that wasn't sent."""

    template = "admin/streamconfig/widgets/rows.html"
    spare = 1

    class Media:
        js = ("rows.js",)

    def __init__(self, row: type[RowForm], caption: str) -> None:
        super().__init__()
        self.row = row
        self.caption = caption
        self.is_disabled = False
        self.suggested: Sequence[Any] = ()  # values that stand ready as rows of their own, where the field holds none of them

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Posted | None:
        if self.value_omitted_from_data(data, files, name):
            return None
        numbers = sorted({int(found[1]) for key in data if (found := re.fullmatch(rf"{re.escape(name)}-(\d{{1,6}})-\w+", key))})
        return Posted(self._posted(data, files, f"{name}-{number}") for number in numbers[:_MAX_ROWS])

    def _posted(self, data: Any, files: Any, prefix: str) -> dict[str, Any]:
        columns = self.row.base_fields
        return {key: one.widget.value_from_datadict(data, files, f"{prefix}-{key}") for key, one in columns.items()}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002  # Django's signature
        return f"{name}-rows" not in data

    def id_for_label(self, id_: str) -> str:  # noqa: ARG002  # Django's signature
        """A table isn't labelled as a field is; each of its fields says its column."""
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002  # Django's signature
        spare = 0 if self.is_disabled else self.spare
        contents: Iterable[Mapping[str, Any]] = [*(value or ()), *({} for _ in range(spare))]
        rows = [self._row(f"{name}-{number}", content) for number, content in enumerate(contents)]
        context = {
            "name": name,
            "caption": self.caption,
            "rows": rows,
            "template_row": self._row(f"{name}-__number__", {}),
            "columns": [field.label for field in self.row.base_fields.values()],
            "is_disabled": self.is_disabled,
        }
        return SafeString(render_to_string(self.template, context))

    def _row(self, prefix: str, content: Mapping[str, Any]) -> forms.Form:
        row = self.row(initial=dict(content), prefix=prefix)
        for field in row.fields.values():
            field.disabled = self.is_disabled
            field.widget.attrs["aria-label"] = str(field.label)
        return row


class RowsField(forms.Field):
    """A list of values, one a row."""

    widget: RowsWidget

    def __init__(self, row: type[RowForm], *, label: str, help_text: str = "") -> None:
        self.row = row
        super().__init__(required=False, label=label, help_text=help_text, widget=RowsWidget(row, label))

    def prepare_value(self, value: Any) -> list[dict[str, Any]]:
        """Values as rows; what somebody typed and got wrong comes back as it was."""
        self.widget.is_disabled = self.disabled
        if isinstance(value, Posted):
            return [row for row in value if not self._is_empty(row)]
        held = [self.row.shown(item) for item in value or ()]
        return held + [row for row in map(self.row.shown, self.widget.suggested) if not _has(held, row)]

    def clean(self, value: Any) -> list[Any]:
        """The rows' values, empty rows left out; or what is wrong, told by row and column."""
        found: list[Any] = []
        errors: list[str] = []
        for number, row in enumerate(self._full(value), 1):
            form = self.row(data=dict(row))
            if form.is_valid():
                found.append(form.item())
            errors += _told(form, number)
        if errors:
            raise ValidationError(errors)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return not self.disabled and list(initial or ()) != self.clean(data)
        except ValidationError:
            return True

    def _full(self, value: Any) -> Iterator[Mapping[str, Any]]:
        rows = value if isinstance(value, Posted) else [self.row.shown(item) for item in value or ()]
        return (row for row in rows if not self._is_empty(row))

    def _is_empty(self, row: Mapping[str, Any]) -> bool:
        return not any(value for key, value in row.items() if key not in self.row.ignored)


def _has(held: Iterable[Mapping[str, Any]], row: Mapping[str, Any]) -> bool:
    key = next(iter(row))
    return any(one.get(key) == row[key] for one in held)


def _told(form: RowForm, number: int) -> list[str]:
    return [
        f"Row {number}, {form.fields[name].label}: {error}" if name in form.fields else f"Row {number}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    ]
