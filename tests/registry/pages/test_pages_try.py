"""The box "Try an event", with HTMX and without."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from registry import lookups

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]
ADDRESS = "/schemas/client/error/1.0.0/try"


def example() -> dict[str, object]:
    schema = lookups.schemas().get("/client/error/1.0.0")
    assert schema is not None
    return dict(schema.examples[0])


def test_try__address__leads_to_the_tab(client: Client) -> None:
    assert client.get(ADDRESS)["Location"] == "/schemas/client/error/1.0.0?tab=try"
    assert client.post("/schemas/no/such/1.0.0/try").status_code == 404


def test_try__example__is_valid(client: Client) -> None:
    shown = client.post(ADDRESS, {"event": json.dumps(example(), indent=2)}).content.decode()

    assert "Valid" in shown
    assert "as the intake does" in shown
    assert "<title>client/error 1.0.0" in shown


def test_try__wrong_field__is_marked_at_its_line_and_the_text_is_kept(client: Client) -> None:
    event = {**example(), "message": 7}

    shown = client.post(ADDRESS, {"event": json.dumps(event, indent=2)}).content.decode()

    bad = shown.partition('<span class="bad"')[2]
    assert "&quot;message&quot;" in bad.partition("</span></span>")[0] or "message" in bad[:200]
    assert "<b>message</b> must be text, not a number" in shown
    assert "&quot;message&quot;: 7" in shown.partition("</textarea>")[0]


def test_try__htmx__gets_the_verdict_alone(client: Client) -> None:
    response = client.post(ADDRESS, {"event": '{"a": <script>}'}, headers={"HX-Request": "true"})

    shown = response.content.decode()
    assert shown.startswith('<section class="card" id="verdict"')
    assert "This is no JSON" in shown
    assert "Line 1, column" in shown
    assert "<script>" not in shown


def test_try__csrf__is_asked() -> None:
    assert Client(enforce_csrf_checks=True).post(ADDRESS, {"event": "{}"}).status_code == 403
