"""Realtime SQL in a real browser: choose, ask by keys, see the chart; save an expectation that a worker finds broken."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import signed_in
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]
EVENT = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event", "domain": "sql.example"}, "test": "hello"}


def test_sql__asked_saved_and_judged__broken_expectation_on_the_overview(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    page = signed_in(platform, browser, "editor", complaints, at="/sql")
    posted = httpx.post(f"http://127.0.0.1:{platform.port + 1}/v1/events", json=[EVENT, EVENT])
    assert posted.status_code == 201

    page.get_by_label("Stream", exact=True).select_option("test.event")
    expect(page.locator("#columns")).to_contain_text("meta.domain")
    page.get_by_label("SQL").fill("select meta.domain, count(*) as n from events where meta.domain = 'sql.example' group by 1")
    page.get_by_label("SQL").press("Control+Enter")

    expect(page.locator("#answer tbody tr")).to_have_count(1)
    expect(page.locator("#answer tbody")).to_contain_text("sql.example")
    assert "sql=select" in page.url

    page.get_by_role("link", name="Save", exact=True).click()
    page.get_by_label("Name").fill("nobody says hello")
    page.get_by_label("It expects").select_option("no_rows")
    page.get_by_label("Broken where").fill("1")
    page.get_by_role("button", name="Save the query").click()
    expect(page.get_by_role("heading", name="nobody says hello")).to_be_visible()

    overview = f"{platform.url}/overview"
    wait_until(lambda: "nobody says hello: the expectation is broken" in httpx.get(overview).text, 90, platform.errors)
    assert complaints == []
    page.context.close()


def test_sql__without_javascript__the_address_is_the_question(platform: Platform, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{platform.url}/sql?sql={quote('select 6 * 7 as answer')}")

        expect(page.locator("#answer tbody")).to_have_text("42")

        page.get_by_label("SQL").fill("select 1 +")
        page.get_by_role("button", name="Ask").click()

        expect(page.get_by_role("alert")).to_contain_text("no SQL that can be read")
