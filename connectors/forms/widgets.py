"""Inputs for options that are more than one text: a list line by line, a mapping in rows, a secret that is only written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

_SPARE_ROWS = 2


class Lines(forms.Textarea):
    """A list of texts, one a line."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 2, "spellcheck": "false", **(attrs or {})})

    def format_value(self, value: Any) -> str:
        return "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or "")

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str] | None:
        text = super().value_from_datadict(data, files, name)
        return None if text is None else [line.strip() for line in text.splitlines() if line.strip()]


class Pairs(forms.Widget):
    """A mapping of names to texts, or to one of some choices; empty rows are left out."""

    def __init__(self, *, choices: Sequence[str] = (), usual: Sequence[str] = ()) -> None:
        super().__init__()
        self.choices, self.usual = choices, usual

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:  # noqa: ARG002  # Django's signature
        pairs = zip(data.getlist(f"{name}-name"), data.getlist(f"{name}-value"), strict=False)
        return {key.strip(): value.strip() for key, value in pairs if key.strip() and value.strip()}

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002  # likewise
        held = dict(value) if isinstance(value, Mapping) else {}
        rows = [*held.items(), *((key, "") for key in self.usual if key not in held)]
        rows += [("", "")] * (0 if self.usual else _SPARE_ROWS)
        facts = {
            "name": name,
            "rows": rows,
            "choices": self.choices,
            "usual": self.usual,
            "attrs": {**self.attrs, **(attrs or {})},
        }
        return mark_safe(render_to_string("connectors/_pairs.html", facts))  # noqa: S308  # rendered by a template, which escapes

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0"


class Secret(forms.PasswordInput):
    """A secret: what is kept is never put into the page, and an empty one keeps it."""

    def __init__(self, *, is_kept: bool) -> None:
        attrs = {"autocomplete": "new-password", "placeholder": "kept; type to replace" if is_kept else ""}
        super().__init__(attrs=attrs, render_value=False)
