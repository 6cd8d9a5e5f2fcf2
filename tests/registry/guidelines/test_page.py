"""The page of guidelines: every rule, narrowed by profile and words, and the waivers that hold or have ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from monitoring import demo_users
from registry.guidelines import RULES
from registry.models import Waiver

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def _page(client: Client, query: str = "") -> str:
    answer = client.get(f"/schemas/guidelines{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_page__every_rule__has_its_anchor_and_its_name(client: Client) -> None:
    page = _page(client)

    assert [rule.code for rule in RULES if f'id="{rule.code}"' not in page] == []
    assert "schema-examples-$schema-matches-schema-$id" in page
    assert "No waivers" in page


def test_page__compatible_profile__only_its_rules(client: Client) -> None:
    page = _page(client, "?profile=compatible")

    shown = {rule.code for rule in RULES if f'id="{rule.code}"' in page}
    assert shown == {rule.code for rule in RULES if "compatible" in rule.profiles}


def test_page__words__only_rules_that_have_them_all(client: Client) -> None:
    page = _page(client, "?q=maxLength%20pattern")

    assert 'id="SAFE-SIZE"' in page
    assert 'id="EVENT-DT"' not in page
    assert "No rule has that" in _page(client, "?q=xyzzy")


def test_page__waivers__with_their_end_and_those_that_ended(client: Client) -> None:
    today = timezone.localdate()
    facts = {"title": "page/view", "reason": "Until the next release.", "author": "ada"}
    Waiver.objects.create(rule="schema-snake-case-properties", ends_on=today + timedelta(days=200), **facts)
    Waiver.objects.create(rule="EVENT-DT", ends_on=today, **facts)
    Waiver.objects.create(rule="TYPE-NULL", ends_on=today - timedelta(days=1), **facts)

    page = _page(client)

    assert (page.count("Holds"), page.count("In 0 days"), page.count("Ended")) == (1, 1, 1)
    assert page.index("Until the next release.") < page.index("Ended")
    assert '<a href="#NAME-SNAKE-CASE"><code>NAME-SNAKE-CASE</code></a>' in page


@pytest.mark.parametrize(("group", "offers"), [("viewer", 0), ("editor", 0), ("approver", 1), ("engineer", 1)])
def test_waivers__who_may_write_one__is_led_to_the_form(client: Client, group: str, offers: int) -> None:
    demo_users.ensure_groups()
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)

    assert ("/admin/registry/waiver/add/" in _page(client)) == bool(offers)
