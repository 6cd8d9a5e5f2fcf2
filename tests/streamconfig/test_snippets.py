from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from registry import lifecycle, services
from registry import lookups as registry
from registry.models import SchemaVersion
from streamconfig import lookups
from streamconfig.pages import snippets
from tests import configuring
from tests.registry.origins import schema

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def configured(**service: object) -> None:
    configuring.configure(
        {
            "streams": {"ui.click": {"schema_title": "ui/click", "destination_event_service": "web"}},
            "services": {"web": {"audience": "external", **service}},
            "instruments": {
                "stopped": {"stream": "ui.click", "is_enabled": False},
                "running": {"stream": "ui.click", "sample": {"unit": "device", "rate": 0.5}},
            },
        }
    )
    for cache in (registry, lookups):
        cache.forget()


def test_target__stream_with_instruments__the_first_that_is_on_and_the_services_address() -> None:
    configured()

    found = snippets.target("ui.click")

    assert found is not None
    assert (found.instrument, found.unit, found.is_external) == ("running", "device", True)
    assert found.events == f"{settings.INTAKE_URL}/web/v1/events"
    assert found.origins is None
    assert snippets.target("nobody") is None


def test_target__service_that_lists_its_pages__they_are_named() -> None:
    configured(origins=["https://en.example.org"])

    found = snippets.target("ui.click")

    assert found is not None
    assert found.origins == ("https://en.example.org",)


def test_target__service_with_an_address_of_its_own__posts_there() -> None:
    configured(url="https://intake.example.org/web")

    found = snippets.target("ui.click")

    assert found is not None
    assert found.events == "https://intake.example.org/web"


def with_newest_deprecated(folder: Path) -> None:
    """Two versions of the stream's schema, each with an example; clients send the older one, canaries the newer."""
    configured()
    (folder / "jsonschema/ui/click").mkdir(parents=True)
    for version in ("1.0.0", "1.1.0"):
        example = f'{{"$schema": "/ui/click/{version}", "meta": {{"stream": "x"}}, "test": "of {version}"}}'
        more = f"title: ui/click\nexamples:\n  - {example}\n"
        (folder / f"jsonschema/ui/click/{version}.yaml").write_text(schema(f"/ui/click/{version}", more))
    assert not services.import_folder(name="clicks", folder=folder).problems
    lifecycle.deprecate(SchemaVersion.objects.get(schema_id="/ui/click/1.1.0"), author="tests", reason="It was a mistake.")
    for cache in (registry, lookups):
        cache.forget()


def test_target__newest_version_deprecated__the_one_that_clients_send(tmp_path: Path) -> None:
    with_newest_deprecated(tmp_path)

    found = snippets.target("ui.click")

    assert found is not None
    assert found.document["$id"] == "/ui/click/1.0.0"


def test_tab__schema_without_an_example__says_what_to_do(client: Client) -> None:
    configured()

    shown = client.get("/streams/ui.click?tab=produce").content.decode()

    assert "No example" in shown


def test_tab__newest_version_deprecated__says_of_which_version_the_example_is(client: Client, tmp_path: Path) -> None:
    with_newest_deprecated(tmp_path)

    shown = client.get("/streams/ui.click?tab=produce").content.decode().replace("<wbr>", "")

    sent = lookups.snapshot().schemas.canary_example("ui/click")
    assert sent is not None
    assert sent["test"] == "of 1.1.0"
    assert "of 1.0.0" in shown
    assert "the first example of /ui/click/1.0.0<" in shown
    assert "canaries" not in shown[shown.index('id="example"') :]
