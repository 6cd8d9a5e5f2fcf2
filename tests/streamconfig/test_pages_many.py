"""The page of a request that an import made: bounded, however much it brings."""

from __future__ import annotations

import pytest

from monitoring.demo_users import ensure_groups
from streamconfig import services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.effect_preview import preview
from streamconfig.models import ChangeRequest
from tests.streamconfig.asking import person, signed_in, text

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]
MANY = 400


@pytest.fixture
def imported(db: None) -> ChangeRequest:
    """A request that adds many streams; the last of them keeps a header of people's requests."""
    ensure_groups()
    streams = {f"made.{number:03}": {"schema_title": "ui/click"} for number in range(MANY)}
    streams[f"made.{MANY - 1:03}"] |= {"enrich_fields_from_http_headers": {"http.request_headers.cookie": "cookie"}}  # type: ignore[dict-item]  # a map of maps
    changes = services.changes_of(services.with_document({"streams": streams}))
    return requests.propose(by=of_user(person("engineer")), changes=changes, title="Import", reason="New wiki").request


def test_page__hundreds_of_new_streams__first_ones_shown_and_rest_counted(imported: ChangeRequest) -> None:
    page = text(signed_in("approver"), f"/changes/{imported.pk}")

    assert "And 300 more items" in page
    assert f'href="/api/v1/changes/{imported.pk}"' in page
    assert (page.count("made.000") > 0, page.count("made.250")) == (True, 0)
    assert len(page) < 600_000


def test_page__a_header_among_hundreds__stands_first_of_the_effects(imported: ChangeRequest) -> None:
    shown = signed_in("approver").get(f"/changes/{imported.pk}").context["policy"]

    assert (shown[0][0].code, len(shown)) == ("headers", 100)


def test_preview__hundreds_of_new_streams__looks_at_the_first_and_names_the_rest(imported: ChangeRequest) -> None:
    effect = preview.preview_of(imported)

    assert len(effect.streams) == 40
    assert f"made.{MANY - 1:03}" in effect.left_out
    assert len(effect.streams) + len(effect.left_out) == MANY
