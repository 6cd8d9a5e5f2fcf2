"""What the page shows of a comparison: each change with its reason, both directions, the number that is due."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from registry.compatibility import compare

A = {"type": "object", "properties": {"a": {"type": "string"}}, "$id": "/t/1.0.0"}


def shown(new: dict[str, Any], **more: Any) -> str:
    comparison = compare({**A, **more}, {**A, "$id": "/t/1.1.0", **new})
    return " ".join(render_to_string("registry/_comparison.html", {"comparison": comparison}).split())


def test_comparison_partial__no_longer_required__breaks_consumers_and_asks_for_a_major() -> None:
    page = shown({}, required=["a"])

    assert "Breaks consumers" in page
    assert "Consumers that rely on a must accept its absence. Producers are fine." in page
    assert "By the rules this asks for 2.0.0." in page
    assert "Agrees" in page


def test_comparison_partial__nothing_differs__says_so() -> None:
    assert "Nothing differs but the version in the $id." in shown({})


def test_comparison_partial__wording__folded_away() -> None:
    page = shown({"description": "New."})

    assert "1 change of wording, harmless" in page
    assert "A patch step is due, and the number grew by a minor one." in page


def test_comparison_partial__hostile_names__are_escaped() -> None:
    page = shown({"properties": {"<script>alert(1)</script>": {"type": "string"}}})

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
