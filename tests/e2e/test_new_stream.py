"""A stream, from the wizard's first step to its test event in the stores, and out again; by keyboard where people type."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.people import look, signed_in
from tests.e2e.platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

NAME = "walk.signup"


def describe(page: Page) -> None:
    """The steps before the review."""
    page.get_by_role("link", name="Create a stream").click()
    page.wait_for_url("**/schema")  # with its scripts: what is typed before them finds nothing
    page.get_by_label("Search schemas").fill("newsletter")
    expect(page.get_by_role("radio")).to_have_count(1)
    page.get_by_label("newsletter/signup").check()
    look(page, "new-stream-schema")
    page.keyboard.press("Enter")  # a form is sent so, too
    page.wait_for_url("**/about")

    page.get_by_label("Name").fill("page.change")
    expect(page.locator("#name-check")).to_contain_text("There is a stream page.change already")
    page.get_by_label("Name").fill(NAME)
    expect(page.locator("#name-check")).to_contain_text("Free.")
    page.get_by_label("Owner").select_option("web")
    page.get_by_label("Purpose").fill("Count who signs up")
    look(page, "new-stream-about")
    page.get_by_role("button", name="Next").click()

    page.get_by_label("Who sends").select_option("session")
    page.get_by_label("Share in percent").fill("50")
    expect(page.get_by_label("Time zone")).to_be_hidden()
    page.get_by_label("When it collects").select_option("weekly")
    expect(page.get_by_label("Time zone")).to_be_visible()
    look(page, "new-stream-sampling")
    page.get_by_label("When it collects").select_option("always")
    page.get_by_role("button", name="Next").click()

    page.get_by_label("Hours in the log").fill("48")
    look(page, "new-stream-stores")
    page.get_by_role("button", name="Next").click()


def test_new_stream__wizard_to_test_event_to_retirement(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    engineer = signed_in(platform, browser, "engineer", complaints, at="/streams")
    describe(engineer)
    expect(engineer.get_by_text(f"The stream {NAME} is added")).to_be_visible()
    look(engineer, "new-stream-review")
    engineer.get_by_role("button", name="Ask for the stream").click()
    way = engineer.locator("#way")
    expect(way).to_contain_text("Waits for 1 of")

    approver = signed_in(platform, browser, "approver", complaints, at="/streams")
    approver.goto(engineer.url.replace("/streams/new/", "/changes/"))
    approver.get_by_role("button", name="Approve").first.click()
    approver.locator("#do-approve button[type=submit]").click()

    expect(way).to_contain_text("The test event arrived", timeout=60_000)  # without another click
    look(engineer, "new-stream-way")

    engineer.goto(f"{platform.url}/streams/{NAME}")
    expect(engineer.get_by_text("50\u202f% of sessions").first).to_be_visible()
    look(engineer, "stream")
    engineer.get_by_role("link", name="Retire", exact=True).click()
    engineer.get_by_label("Expires on").fill("2099-12-31")
    engineer.get_by_label("Why").first.fill("The walk is over")
    engineer.get_by_role("button", name="Announce it").click()
    expect(engineer.get_by_text("waits for approval.", exact=False).last).to_be_visible()
    look(engineer, "retire")
    assert complaints == []


def test_lists__of_streams__narrow_without_reload_and_back_works(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    editor = signed_in(platform, browser, "editor", complaints, at="/streams")
    editor.keyboard.press("/")
    editor.keyboard.type("button")
    expect(editor.locator("#streams tbody tr")).to_have_count(1)
    assert "q=button" in editor.url
    look(editor, "streams-narrowed")
    for path in ("/streams/stale", "/streams/findings", "/streams/topics", "/instruments", "/teams"):
        editor.goto(f"{platform.url}{path}")
        look(editor, path.strip("/").replace("/", "-"))
    editor.goto(f"{platform.url}/streams")
    editor.get_by_role("link", name="Create a stream").click()
    expect(editor.get_by_text("Streams are created by engineers.")).to_be_visible()
    assert [one for one in complaints if "403" not in one] == []  # that refusal is an answer 403
