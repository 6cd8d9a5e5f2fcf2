"""Panels that apps show on shared pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from eventplatform import panels
from eventplatform.panels import Panel


def test_rendered__one_column__asks_nothing_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def context(name: str) -> Callable[[str], Mapping[str, Any]]:
        def found(subject: str) -> Mapping[str, Any]:
            asked.append(f"{name} of {subject}")
            return {}

        return found

    made = {
        "wide": Panel("wide", "wide.html", context("wide"), order=2),
        "first": Panel("first", "first.html", context("first"), order=1),
        "beside": Panel("beside", "beside.html", context("beside"), column="side"),
    }
    monkeypatch.setitem(panels._panels, "stream", made)

    found = panels.rendered("stream", "a.b", "main")

    assert [panel.name for panel, _ in found] == ["first", "wide"]
    assert asked == ["first of a.b", "wide of a.b"]
