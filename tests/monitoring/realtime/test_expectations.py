from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from eventplatform.broker.base import LogUnavailableError
from monitoring.realtime import expectations, lookups, services, turns
from monitoring.realtime.models import Evaluation, SavedQuery
from monitoring.realtime.pairs import Pair
from monitoring.realtime.troubles import troubles
from monitoring.realtime.verdicts import Verdict
from tests.monitoring.realtime.streams import Platform

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PAIR = Pair("page.view", "page.edit", "meta.id", "meta.id", within_minutes=5)
Evaluate = Callable[[], None]


def saved(**fields: Any) -> SavedQuery:
    facts = {"name": "pairs", "sql": PAIR.sql(), "minutes": 20, "expects": "no_rows", "broken_after": 1, "of_last": 1, **fields}
    return services.save(SavedQuery(**facts), changed=facts)


@pytest.fixture
def evaluate(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    monkeypatch.setattr(expectations, "snapshot", lambda: platform.config)

    def evaluated() -> None:
        SavedQuery.objects.update(claimed_at=None)
        expectations.evaluate_due(platform.log)

    return evaluated


def newest() -> Evaluation:
    return Evaluation.objects.latest("pk")


def test_pair__counterpart_within_its_time__met(platform: Platform, evaluate: Evaluate) -> None:
    saved()
    platform.post("page.view", ago_seconds=600, number=1)
    platform.post("page.edit", ago_seconds=400, number=1)

    evaluate()

    assert (newest().verdict, newest().records) == ("met", 2)
    assert troubles() == []


@pytest.mark.parametrize("edit_ago", [None, 200])
def test_pair__no_counterpart_or_a_late_one__broken_with_its_place(
    platform: Platform, evaluate: Evaluate, edit_ago: int | None
) -> None:
    saved()
    platform.post("page.view", ago_seconds=600, number=1)
    if edit_ago is not None:
        platform.post("page.edit", ago_seconds=edit_ago, number=1)

    evaluate()

    (trouble,) = troubles()
    assert newest().samples == [{"_topic": "page.view", "_partition": 1, "_offset": 0}]
    assert (trouble.key, trouble.level) == ("expectation.broken:pairs", "fail")
    assert "page.view/1 at 0" in trouble.why


def test_stream_kept_to_teams__owner_of_none_of_them__not_answered(platform: Platform, evaluate: Evaluate) -> None:
    platform.add("page.secret", schema_title="page/event", settings={"stream_out": {"teams": ["web"]}})
    platform.post("page.secret", number=57)
    owner = get_user_model().objects.create_user("ida")
    saved(sql='select number as id from "page.secret"', owner=owner)

    evaluate()
    assert (newest().verdict, newest().samples) == ("unanswered", [])
    assert "stream.kept_to_teams" in newest().detail

    owner.groups.add(Group.objects.create(name="team: web"))
    evaluate()
    assert newest().verdict == "broken"


def test_pair__event_too_young__not_judged_yet(platform: Platform, evaluate: Evaluate) -> None:
    saved()
    platform.post("page.view", ago_seconds=200, number=1)

    evaluate()

    assert newest().verdict == "met"


def test_pair__older_records_left_out__shown_and_never_broken(platform: Platform, evaluate: Evaluate, settings: Any) -> None:
    settings.SQL_MAX_RECORDS = 5
    query = saved()
    platform.fill("page.view", 20, ago_seconds=600)

    evaluate()

    query.refresh_from_db()
    assert (newest().verdict, newest().left_out) == ("incomplete", 15)
    assert query.state == "new"
    assert troubles() == []


def test_expectation__question_that_fails__is_a_trouble_of_its_own(evaluate: Evaluate) -> None:
    saved(sql='select nothing_such from "page.view"')

    evaluate()

    (trouble,) = troubles()
    assert (trouble.key, trouble.level) == ("expectation.unanswered:pairs", "warn")
    assert "sql.question_failed" in trouble.why


def test_expectation__value_that_does_not_convert__its_content_is_kept_nowhere(platform: Platform, evaluate: Evaluate) -> None:
    saved(sql='select meta.domain::integer from "page.view"')
    platform.post("page.view", meta={"domain": "private.example"})

    evaluate()

    assert newest().verdict == "unanswered"
    assert "private.example" not in newest().detail + troubles()[0].why


def test_expectation__log_away__unanswered_once_is_no_trouble(
    platform: Platform, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(broken_after=2, of_last=3)

    def away(*_: Any) -> None:
        raise LogUnavailableError(reason="it is away")

    monkeypatch.setattr(platform.log, "topics", away)
    evaluate()

    assert newest().verdict == "unanswered"
    assert troubles() == []


def test_expectation__broken_twice_of_three__then_met_again(platform: Platform, evaluate: Evaluate) -> None:
    query = saved(sql='from "page.edit"', broken_after=2, of_last=3)
    platform.post("page.edit")
    states = []
    for _ in range(2):
        evaluate()
        query.refresh_from_db()
        states.append(query.state)
    platform.log.delete_topic("page.edit")
    platform.log.create_topic("page.edit")
    for _ in range(2):
        evaluate()
        query.refresh_from_db()
        states.append(query.state)

    assert states == ["new", "broken", "broken", "met"]


def test_claim__two_ticks__one_evaluates() -> None:
    query, now = saved(), timezone.now()

    assert [services.claim(query, now=now), services.claim(query, now=now)] == [True, False]
    assert lookups.due(now=now + timedelta(minutes=4)) == []
    assert lookups.due(now=now + timedelta(minutes=5)) == [query]


def test_evaluate__no_place_left__stays_due(platform: Platform, evaluate: Evaluate, settings: Any) -> None:
    settings.SQL_AT_ONCE = 1
    query = saved()

    with turns.turn():
        evaluate()

    assert Evaluation.objects.count() == 0
    assert lookups.due(now=timezone.now()) == [query]


def test_only_kept_question__never_evaluated(evaluate: Evaluate) -> None:
    saved(expects="")

    evaluate()

    assert Evaluation.objects.count() == 0


def test_save__another_question__judged_anew(platform: Platform, evaluate: Evaluate) -> None:
    query = saved()
    platform.post("page.view", ago_seconds=600, number=1)
    evaluate()
    query.refresh_from_db()
    query.sql = "select 1 where false"

    services.save(query, changed=["sql"])

    assert (query.state, query.evaluations.count()) == ("new", 0)
    assert troubles() == []


@pytest.mark.parametrize("changed", [{"sql": "select 2"}, {"expects": "rows"}, {"minutes": 5}, {"streams": ["page.edit"]}])
def test_record__changed_meanwhile__the_former_meaning_is_not_judged(changed: dict[str, Any]) -> None:
    query = saved()
    SavedQuery.objects.filter(pk=query.pk).update(**changed)

    services.record(query, Verdict("broken", "1 row.", 1), now=timezone.now())

    assert Evaluation.objects.count() == 0
    assert troubles() == []


def test_save__another_note__what_was_judged_meanwhile_stays() -> None:
    query = saved()
    held = SavedQuery.objects.get(pk=query.pk)
    services.record(query, Verdict("broken", "1 row.", 1), now=timezone.now())
    held.note = "Ask the team."

    services.save(held, changed=["note"])

    query.refresh_from_db()
    assert (query.note, query.state, query.detail) == ("Ask the team.", "broken", "1 row.")


def test_expectation__number_that_is_not_finite__its_page_is_there(evaluate: Evaluate, client: Client) -> None:
    query = saved(sql="select 'infinity'::double", expects="number", low=1.0, high=None, broken_after=1, of_last=1)
    for _ in range(3):
        evaluate()

    assert newest().number == float("inf")
    assert client.get(query.get_absolute_url()).status_code == 200
