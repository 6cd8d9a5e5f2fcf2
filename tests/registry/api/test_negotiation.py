from __future__ import annotations

import pytest

from registry.api.negotiation import preferred

OFFERS = ["application/yaml", "application/schema+json", "application/json", "text/html"]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/yaml"),
        ("", "application/yaml"),
        (" , ;q=1", "application/yaml"),
        ("*/*", "application/yaml"),
        ("application/*", "application/yaml"),
        ("application/json", "application/json"),
        ("APPLICATION/JSON; charset=utf-8", "application/json"),
        ("application/json, application/yaml", "application/json"),
        ("application/json;q=0.5, application/yaml", "application/yaml"),
        ("application/json;q=0, */*", "application/yaml"),
        ("application/yaml;q=0, */*;q=0.1", "application/schema+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/*;q=0.4, application/schema+json;q=0.4", "application/schema+json"),
        ("application/json;q=high", "application/json"),
        ("application/json;q=7", "application/json"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("nonsense", None),
        ("a/b," * 10_000 + "application/json", None),
    ],
)
def test_preferred__accept__decides(accept: str | None, chosen: str | None) -> None:
    assert preferred(accept, OFFERS) == chosen
