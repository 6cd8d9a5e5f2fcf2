"""Two at once: approvals, edits, publishes and ticks in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from eventplatform.core.errors import PlatformError
from streamconfig import lookups, services
from streamconfig.change_control import requests
from streamconfig.change_control.errors import (
    RequestStateError,
)
from streamconfig.models import Revision
from tests.streamconfig.wishing import (
    People,
    approve,
    ask,
    ask_rate,
    rate_now,
    rates,
    soon,
    state_of,
)

pytestmark = pytest.mark.slow


def at_once(*doings: Callable[[], object]) -> list[object]:
    """What each came to, done in threads that begin together."""
    begin = threading.Barrier(len(doings))
    results: list[object] = [None] * len(doings)

    def do(number: int, doing: Callable[[], object]) -> None:
        begin.wait(10)
        try:
            results[number] = doing()
        except PlatformError as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=one) for one in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_two_approvals__at_once__publish_once(committed: People) -> None:
    request = ask_rate(committed["editor"], 0.25)
    before = Revision.objects.count()

    results = at_once(
        *(lambda by=by: requests.approve(request.pk, by=committed[by], seen=1) for by in ("approver", "engineer"))
    )

    assert sum(isinstance(one, RequestStateError) for one in results) == 1
    assert (state_of(request), Revision.objects.count()) == ("applied", before + 1)


def test_edit_and_approve__at_once__approve_nothing_unseen(committed: People) -> None:
    request = ask_rate(committed["editor"], 0.25)

    at_once(
        lambda: requests.approve(request.pk, by=committed["approver"], seen=1),
        lambda: requests.edit(
            request.pk, by=committed["editor"], seen=1, title="", reason="", changes=rates(0.5, 0.9), effective_at=None
        ),
    )

    assert (state_of(request), rate_now()) in [("applied", 0.25), ("in_review", 0.5)]


def test_two_publishes__of_different_fields__both_hold(committed: People) -> None:
    one = ask_rate(committed["editor"], 0.25)
    other = ask(committed["editor"], services.with_fields(["ui.click"], {"sample.unit": "device"}))

    at_once(lambda: approve(one, committed["approver"]), lambda: approve(other, committed["engineer"]))

    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert entry.settings["sample"] == {"unit": "device", "rate": 0.25}
    assert lookups.broken_revision() is None


def test_two_publishes__of_the_same_field__the_second_is_in_conflict(committed: People) -> None:
    one, other = ask_rate(committed["editor"], 0.25), ask_rate(committed["editor"], 0.1)

    at_once(lambda: approve(one, committed["approver"]), lambda: approve(other, committed["engineer"]))

    assert sorted([state_of(one), state_of(other)]) == ["applied", "approved"]
    assert rate_now() == (0.25 if one.state == "applied" else 0.1)
    assert lookups.broken_revision() is None


def test_two_ticks__at_once__apply_once(committed: People) -> None:
    wishes = [("ui.click", 0.25), ("ui.load", 0.1)]
    scheduled = [ask_rate(committed["editor"], rate, name=name, effective_at=soon()) for name, rate in wishes]
    for one in scheduled:
        approve(one, committed["approver"])
    before = Revision.objects.count()

    results = at_once(*[lambda: requests.apply_due(soon(7200))] * 4)

    assert not [one for one in results if isinstance(one, PlatformError)]
    assert Revision.objects.count() == before + 2
    assert [state_of(one) for one in scheduled] == ["applied", "applied"]
