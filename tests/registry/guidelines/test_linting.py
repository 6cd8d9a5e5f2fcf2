"""The verdict on one schema: findings, waivers, limits."""

from __future__ import annotations

from datetime import date

from registry.guidelines import Waived, lint

TODAY = date(2026, 11, 25)


def test_lint__expired_waiver__finding_counts_and_expiry_is_told() -> None:
    document = {"$id": "/page/view/1.0.0", "properties": {"pageTitle": {"type": "string"}}}
    waiver = Waived(rule="schema-snake-case-properties", title="page/*", reason="old", ends_on=date(2026, 11, 24))

    found = [one for one in lint(document, waivers=[waiver], today=TODAY) if one.code in {"NAME-SNAKE-CASE", "WAIVER-EXPIRED"}]

    assert [(one.code, one.counts) for one in found] == [("NAME-SNAKE-CASE", True), ("WAIVER-EXPIRED", False)]
