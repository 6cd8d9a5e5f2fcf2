from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.people import look, signed_in
from tests.e2e.platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

EVENT = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": "for the dry run"}


def test_connector__from_the_catalogue_to_its_page_and_away(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    page = signed_in(platform, browser, "engineer", complaints, at="/connectors")
    httpx.post(f"http://127.0.0.1:{platform.port + 1}/v1/events", json=EVENT, timeout=10).raise_for_status()

    page.get_by_role("link", name="Add a connector").click()
    look(page, "connector-kinds")
    page.get_by_role("link", name="Add a connector into PostgreSQL").click()
    fill_in(page)
    look(page, "connector-new")
    try_out(page)
    look(page, "connector-tried")
    page.get_by_role("button", name="Make the connector").click()

    page.wait_for_url("**/connectors/second-rows")
    expect(page.locator(".toast")).to_contain_text("second-rows is saved and runs")
    expect(page.locator("#state")).to_contain_text(re.compile("Up to date|Running"), timeout=30_000)
    expect(page.get_by_role("cell", name="test.event, 0")).to_be_visible(timeout=30_000)
    look(page, "connector")
    pause_and_resume(page)

    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Type its name").fill("second-rows")
    page.get_by_role("button", name="Delete the connector").click()
    page.wait_for_url("**/connectors")
    expect(page.locator("#found")).not_to_contain_text("second-rows")
    assert complaints == []


def fill_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).first.fill("second-rows")
    expect(page.locator(".new-target")).to_be_hidden()
    page.get_by_label("Store", exact=True).select_option(label="warehouse")
    page.get_by_label("Streams", exact=True).fill("test.*")
    expect(page.locator("#takes")).to_contain_text("Takes 1 stream", timeout=10_000)
    page.get_by_label("Streams", exact=True).fill("nobody.*")
    expect(page.locator("#takes")).to_contain_text("Takes no stream", timeout=10_000)
    page.get_by_label("Streams", exact=True).fill("test.*")
    expect(page.locator("#takes")).to_contain_text("Takes 1 stream", timeout=10_000)
    page.get_by_label("Schema", exact=True).fill("second")


def try_out(page: Page) -> None:
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#checked")).to_contain_text("The store answers", timeout=20_000)
    page.get_by_label("Stream", exact=True).fill("test.event")
    page.get_by_role("button", name="Run dry").click()
    expect(page.locator("#rehearsed")).to_contain_text("Nothing was written", timeout=20_000)
    expect(page.locator("#rehearsed")).to_contain_text("second.test_event")
    expect(page.locator("#rehearsed")).to_contain_text("for the dry run")


def pause_and_resume(page: Page) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#state")).to_contain_text("Paused")
    expect(page.locator("#live")).to_contain_text("Nothing is written until somebody resumes it")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#state")).not_to_contain_text("Paused")
    expect(page.get_by_text("What people did").locator("xpath=ancestor::section")).to_contain_text("resumed")


def test_form__without_javascript__tells_streams_and_refuses_in_place(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    cookies = signed_in(platform, browser, "engineer", complaints, at="/connectors").context.cookies()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    context.add_cookies(cookies)  # type: ignore[arg-type]  # what Playwright gives, it takes
    page = context.new_page()
    page.goto(f"{platform.url}/connectors/new?kind=postgres")

    page.get_by_label("Streams", exact=True).fill("test.*")
    page.get_by_role("button", name="See which it takes").click()
    expect(page.locator("#takes")).to_contain_text("Takes 1 stream")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#checked")).to_contain_text("The store answers")
    page.get_by_role("button", name="Make the connector").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.get_by_label("Streams", exact=True)).to_have_value("test.*")
    context.close()
