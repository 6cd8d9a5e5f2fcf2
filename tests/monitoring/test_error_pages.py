"""The pages of error codes."""

from __future__ import annotations

import pytest
from django.test import Client

from eventplatform.core.errors import PlatformError
from eventplatform.core.refusals import SchemaUnknownError
from eventplatform.error_codes import error_codes
from eventplatform.guard.errors import BodyTooLargeError


@pytest.mark.parametrize("error", [SchemaUnknownError, BodyTooLargeError])
def test_error__known_code__says_what_its_class_says(client: Client, error: type[PlatformError]) -> None:
    page = client.get(f"/errors/{error.code}").content.decode()

    assert error.code in page
    assert error.message.partition("{")[0] in page
    assert str(error.http_status) in page


def test_error__unknown_code__404(client: Client) -> None:
    assert client.get("/errors/no.such").status_code == 404


def test_errors__list__links_to_every_code(client: Client) -> None:
    page = client.get("/errors").content.decode()

    assert [code for code in error_codes() if f'href="/errors/{code}"' not in page] == []


def test_errors__search__every_word_counts(client: Client) -> None:
    page = client.get("/errors?q=schema+repository").content.decode()

    assert "/errors/schema.unknown" in page
    assert "/errors/body.empty" not in page
    assert "No error has that" in client.get("/errors?q=zzzz").content.decode()


def test_errors__login_needed_for_pages__still_open(client: Client, settings: pytest.FixtureRequest) -> None:
    settings.PAGES_NEED_LOGIN = True  # type: ignore[attr-defined]  # pytest-django's wrapper

    assert client.get("/errors/schema.unknown").status_code == 200
    assert client.get("/overview").status_code == 302


def test_codes__have_all_that_the_pages_show() -> None:
    listed = [one for same in error_codes().values() for one in same]

    assert len(listed) > 100
    assert [one.code for one in listed if not one.about or not one.message] == []
