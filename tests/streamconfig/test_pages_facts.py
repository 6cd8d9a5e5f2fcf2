from __future__ import annotations

from streamconfig.pages.facts import field_words


def test_field_words__rate__is_told_in_percent() -> None:
    fields = [{"path": "sample.rate", "was": 0.0, "becomes": 1e-07}, {"path": "sample.rate", "was": 1, "becomes": 0.05}]

    assert [(was, becomes) for _, was, becomes in field_words(fields)] == [
        ("0\u202f%", "<\u202f0.001\u202f%"),
        ("100\u202f%", "5\u202f%"),
    ]


def test_field_words__rate_absent__stays_empty() -> None:
    assert field_words([{"path": "sample.rate", "becomes": None}]) == (("sample.rate", "", "null"),)
