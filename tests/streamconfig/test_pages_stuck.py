"""A scheduled change that somebody else's publish made impossible: every page says that its moment passes it by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from monitoring.demo_users import ensure_groups
from streamconfig import lookups
from streamconfig.admin import telling
from streamconfig.models import ChangeRequest
from streamconfig.pages import pending
from tests import configuring
from tests.streamconfig.asking import act, clicks, halved, signed_in, text

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]
MOMENT = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=5)


@pytest.fixture
def scheduled(db: None) -> ChangeRequest:
    ensure_groups()
    change = halved(effective_at=MOMENT)
    assert act(signed_in("approver"), change, "approve").status_code == 302
    change.refresh_from_db()
    assert change.state == ChangeRequest.State.SCHEDULED
    return change


def outrun() -> None:
    configuring.configure(
        {"streams": {"ui.click": {**clicks(), "sample": {"unit": "session", "rate": 0.4}}}}, author="somebody"
    )
    lookups.fresh_snapshot()


def of_clicks() -> pending.Pending:
    (one,) = pending.by_item()["streams", "ui.click"]
    return one


def test_scheduled__still_fits__told_as_approved(scheduled: ChangeRequest) -> None:
    lookups.fresh_snapshot()

    assert of_clicks().badge == ("ok", "Approved")
    assert "not before it is merged" not in text(signed_in("viewer"), "/streams/ui.click").lower()
    assert signed_in("editor").get("/changes/inbox").context["parts"][1][2] == []


def test_scheduled__outrun__readers_leave_it_out_and_pages_say_so(scheduled: ChangeRequest) -> None:
    outrun()

    held = lookups.snapshot().timeline.document_at(datetime.now(UTC) + timedelta(days=9)).get("ui.click")
    assert held is not None
    assert held.settings["sample"]["rate"] == 0.4
    assert of_clicks().badge == ("fail", "In conflict")
    assert "not before its author merges it" in telling.pending_words(of_clicks())
    assert "not before it is merged" in text(signed_in("viewer"), "/streams/ui.click")
    page = text(signed_in("viewer"), f"/changes/{scheduled.pk}")
    assert "Not before it is merged; was to hold from" in page
    assert "No volumes of it are counted yet" not in page


def test_scheduled__outrun__waits_in_its_authors_inbox(scheduled: ChangeRequest) -> None:
    outrun()

    mine = signed_in("editor").get("/changes/inbox").context["parts"][1][2]

    assert [one.request.pk for one in mine] == [scheduled.pk]
