"""Production's configuration as clients would read it from here: the same samples, and fields of the schemas that it names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from streamconfig.configuration import document
from streamconfig.configuration.client_samples import Future, State
from streamconfig.configuration.client_view import Asked, ClientView, Fields
from streamconfig.configuration.scopes import resolve, scoped
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.exchange import files

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def data(name: str) -> Any:
    path = Path(settings.REFERENCE_DATA_DIR) / name
    if not path.exists():
        pytest.skip(f"{name} is not in REFERENCE_DATA_DIR")
    return json.loads(path.read_text())


def answer(site: str) -> dict[str, Any]:
    content = json.dumps(data("stream-config-production.json")).encode()
    production = document.read(files.read(content, form="json", before=document.Document()).document)
    found = StreamSet(production, at=NOW, scope=resolve(production, site), environment="production")
    view = ClientView(
        found=found,
        future=Future([State.of(NOW, scoped(production, resolve(production, site), "production"))], NOW),
        fields_of=lambda title, attributes, **_: Fields(f"/{title}/1.0.0", attributes, {}),
        intake_url="http://intake.example",
    )
    return view.answer(Asked())


def test_production__metawiki__samples_and_services_as_its_api_says() -> None:
    expected = data("streamconfigs-production-metawiki.json")["streams"]

    found = answer("metawiki")["streams"]

    plain = {name: one for name, one in expected.items() if not name.startswith("/")}
    assert list(found) == list(plain)
    assert {name: one["sample"] for name, one in found.items()} == {name: one.get("sample") for name, one in plain.items()}
    assert all(found[name]["service"] == one.get("destination_event_service", "") for name, one in plain.items())


@pytest.mark.parametrize(("site", "rate"), [("metawiki", 0.2), ("enwiki", 0.01), ("testwiki", 1), ("officewiki", 0)])
def test_production__sites__their_own_rates(site: str, rate: float) -> None:
    assert answer(site)["streams"]["mediawiki.web_ui_actions"]["sample"]["rate"] == rate


def test_production__provided_values__all_of_them() -> None:
    streams = data("stream-config-production.json")["streams"]

    found = answer("metawiki")["streams"]

    for name, one in streams.items():
        client = ((one.get("producers") or {}).get("metrics_platform_client")) or {}
        if client.get("provide_values"):
            assert list(found[name]["fields"]) == client["provide_values"], name
