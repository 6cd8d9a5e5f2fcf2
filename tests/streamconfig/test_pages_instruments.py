"""The list of instruments: how it is reached, what a row leads to and for whom, many of them, and none at all."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitoring.demo_users import ensure_groups
from tests import configuring
from tests.streamconfig.asking import signed_in, text

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]
MANY = 250
CLOSED: dict[str, Any] = {"schema_title": "ui/click", "stream_out": {"access": "token", "teams": ["web"]}}


def steer(number: int) -> None:
    made = {f"question-{one:03}": {"stream": "ui.click", "title": f"Question {one}"} for one in range(number)}
    configuring.configure({"instruments": made})


def test_navigation__every_page__leads_to_the_instruments(client: Client) -> None:
    steer(1)

    assert '<a href="/instruments">' in text(client, "/streams")
    for path in ("/instruments", "/instruments/question-000"):
        assert '<a href="/instruments" aria-current="page">' in text(client, path)


def test_row__of_a_stream_that_anybody_may_read__leads_to_its_check(client: Client) -> None:
    steer(1)

    page = text(client, "/instruments")

    assert 'href="/instruments/question-000/check" aria-label="Is it live? Question 0"' in page
    assert client.get("/instruments/question-000/check").status_code == 200


def test_row__of_a_stream_kept_to_a_team__leads_its_people_alone_to_the_check(client: Client) -> None:
    configuring.configure({"streams": {"web.secret": CLOSED}, "instruments": {"kept": {"stream": "web.secret"}}})
    check, member = "/instruments/kept/check", signed_in("team: web")

    assert (check in text(client, "/instruments"), client.get(check).status_code) == (False, 403)
    assert (check in text(member, "/instruments"), member.get(check).status_code) == (True, 200)


def test_list__many__a_page_of_them_with_as_many_queries_as_for_one(client: Client) -> None:
    asked = []
    for number in (1, MANY):
        steer(number)
        text(client, "/instruments")
        with CaptureQueriesContext(connection) as queries:
            page = text(client, "/instruments")
        asked.append(len(queries))

    assert len(re.findall("Is it live[?]</a>", page)) == 50
    assert asked[0] == asked[1]
    assert [one.key for one in client.get("/instruments?q=question+249").context["page"]] == ["question-249"]


@pytest.mark.parametrize(
    ("role", "link"),
    [
        ("", "/admin/login/?next=/instruments"),
        ("viewer", "/streams"),
        ("editor", "/admin/streamconfig/instrument/add/"),
    ],
)
def test_list__empty__says_what_to_do(client: Client, role: str, link: str) -> None:
    ensure_groups()

    page = text(signed_in(role) if role else client, "/instruments")

    assert "No instrument yet" in page
    assert f'<a class="btn" href="{link}">' in page
