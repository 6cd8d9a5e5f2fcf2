"""A form made from a declaration: its fields, its checks, and what was typed as plain values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django import forms

from connectors import options
from connectors.forms.fields import field_of, is_further
from connectors.options import Option
from eventplatform.core.errors import RejectedError

Check = Callable[[Mapping[str, Any]], None]
_ENOUGH = 4  # more options than these, and what has a default is folded away


class DeclaredForm(forms.Form):
    """The options of one declaration. `kept` names secrets that are stored, and need not be typed again."""

    use_required_attribute = False  # a part that is folded away must not hold up the browser

    def __init__(
        self, *arguments: Any, declaration: type, kept: Collection[str] = (), check: Check | None = None, **facts: Any
    ) -> None:
        super().__init__(*arguments, **facts)
        self.declaration = declaration
        self._kept = frozenset(kept)
        self._check: Check = check or self._parse
        self._parsed: Any = None  # an instance of the declaration, once what was typed passed
        self._declared = {one.name: one for one in options.declared(declaration)}
        for name, one in self._declared.items():
            self.fields[name] = field_of(one, kept=self._kept)
            self.fields[name].initial = one.default

    def clean(self) -> dict[str, Any]:
        """Ask the declaration, and say what it refuses at its field."""
        cleaned = super().clean() or {}
        if not self.errors:
            given = {**dict.fromkeys(self._kept, options.MASK), **self.values}
            try:
                self._check(given)
                self._parsed = options.parse(self.declaration, given)
            except RejectedError as error:
                name = error.pointer.strip("/").partition("/")[0]
                self.add_error(name if name in self.fields else None, f"{error} {error.hint}".strip())
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """What was typed and is no default, so that a better default of a later version counts; secrets when typed."""
        said = {name: value for name, value in self._typed().items() if is_said(self._declared[name], value)}
        return said if self._parsed is None else {name: plain(getattr(self._parsed, name)) for name in said}

    @property
    def important(self) -> Sequence[forms.BoundField]:
        """What must be looked at."""
        return [self[name] for name in self._declared if not self._is_folded(name)]

    @property
    def further(self) -> Sequence[forms.BoundField]:
        """What most people leave as it is."""
        return [self[name] for name in self._declared if self._is_folded(name)]

    def named(self, *names: str) -> Sequence[forms.BoundField]:
        """These fields, in this order."""
        return [self[name] for name in names]

    def _parse(self, values: Mapping[str, Any]) -> None:
        options.parse(self.declaration, values)

    def _is_folded(self, name: str) -> bool:
        return len(self._declared) > _ENOUGH and is_further(self._declared[name])

    def _typed(self) -> dict[str, Any]:
        if self.is_bound:
            return {name: self.cleaned_data[name] for name in self._declared if name in getattr(self, "cleaned_data", {})}
        return {name: self.get_initial_for_field(self.fields[name], name) for name in self._declared}


def plain(value: Any) -> Any:
    """As JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def is_said(option: Option, value: Any) -> bool:
    """True for what was typed and is no default."""
    if value is None or value == "":
        return False
    if option.is_required or option.is_secret:
        return True
    default, value = plain(option.default), plain(value)
    return bool(value != default and str(value) != str(default))
