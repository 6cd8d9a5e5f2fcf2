"""The way of a change: a product manager halves a sampling rate in the admin, another approves, a rollback restores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.people import look, signed_in
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

STREAM = "ui.button_click"  # half of the sessions in the sample; of the team that the demo's editor is in


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Of this module alone, which steers the sample's stream and stops its instrument."""
    with Platform() as running:
        yield running


def rate(platform: Platform, at: datetime | None = None) -> float:
    """The stream's rate as our API tells it, now or at a moment."""
    asked = {"at": at.isoformat()} if at else {}
    found: dict[str, Any] = httpx.get(f"{platform.url}/api/v1/streams/{STREAM}", params=asked, timeout=10).json()
    return float(found["sampling"]["rate"])


def compatible_rate(platform: Platform) -> float:
    """The same as clients of the reference read it."""
    asked = {"action": "streamconfigs", "format": "json", "formatversion": "2", "streams": STREAM}
    found = httpx.get(f"{platform.url}/w/api.php", params=asked, timeout=10).json()
    return float(found["streams"][STREAM]["sample"]["rate"])


def next_monday() -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


def proposed(page: Page, platform: Platform, *, percent: str, begins: datetime, reason: str) -> str:
    """Ask for another share in the admin's form; the address of the change."""
    page.goto(f"{platform.url}/admin/streamconfig/stream/?q={STREAM}")
    page.get_by_role("link", name=STREAM, exact=True).first.click()
    page.locator("[name=sampling_percent]").fill(percent)
    page.locator("[name=reason]").fill(reason)
    page.locator("[name=effective_on]").fill(begins.strftime("%Y-%m-%dT%H:%M"))
    page.locator("[name=effective_zone]").fill("UTC")
    page.get_by_role("button", name="Propose the change").click()
    page.wait_for_url("**/changes/*")
    return page.url


def approved(page: Page, change: str) -> None:
    page.goto(change)
    page.get_by_role("button", name="Approve", exact=True).click()
    page.locator("#do-approve").get_by_role("button", name="Approve").click()
    expect(page.locator(".toast")).to_be_visible()


def test_sampling__halved_from_monday_approved_and_rolled_back__the_api_follows(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    editor, approver = (signed_in(platform, browser, name, complaints, at="/changes/inbox") for name in ("editor", "approver"))
    monday = next_monday()
    assert (rate(platform), compatible_rate(platform)) == (0.5, 0.5)

    change = proposed(editor, platform, percent="25", begins=monday, reason="The baseline is complete")
    expect(editor.locator(".page-head")).to_contain_text("In review")
    expect(editor.locator("#changes")).to_contain_text("25\u202f% of sessions")
    expect(editor.get_by_role("button", name="Approve", exact=True)).to_have_count(0)  # not by who asked
    look(editor, "configuration-asked")

    approver.goto(f"{platform.url}/changes/inbox")
    look(approver, "configuration-inbox")
    expect(approver.locator("main")).to_contain_text(STREAM)
    approver.goto(change)
    look(approver, "configuration-review")
    approved(approver, change)
    expect(approver.locator(".page-head")).to_contain_text("Scheduled")
    look(approver, "configuration-scheduled")

    # The API tells what holds now, and what will hold.
    before, after = monday - timedelta(seconds=1), monday
    assert [rate(platform), rate(platform, before), rate(platform, after)] == [0.5, 0.5, 0.25]
    assert compatible_rate(platform) == 0.5

    # An edit of its moment voids the approval; approved anew it applies itself.
    editor.goto(f"{change}/edit")
    look(editor, "configuration-edit")
    soon = datetime.now(UTC) + timedelta(seconds=30)
    editor.locator("#effective_at").fill(soon.strftime("%Y-%m-%dT%H:%M:%S"))
    editor.get_by_role("button", name="Save").click()
    expect(editor.locator(".page-head")).to_contain_text("In review")
    approved(approver, change)
    wait_until(lambda: rate(platform) == 0.25, 60, platform.errors)
    wait_until(lambda: compatible_rate(platform) == 0.25, 10, platform.errors)
    assert rate(platform, soon - timedelta(seconds=20)) == 0.5  # what held then

    # One click drafts the way back.
    wait_until(lambda: "Applied" in str(_reloaded(editor, change).locator(".page-head").text_content()), 20, platform.errors)
    look(editor, "configuration-applied")
    editor.get_by_role("button", name="Roll back").click()
    editor.get_by_role("button", name="Draft the rollback").click()
    expect(editor.locator(".page-head")).to_contain_text("Draft")
    look(editor, "configuration-rollback")
    editor.get_by_role("button", name="Submit").click()
    editor.locator("#do-submit").get_by_role("button", name="Submit").click()
    expect(editor.locator(".page-head")).to_contain_text("In review")
    approved(approver, editor.url)
    took = wait_until(lambda: rate(platform) == 0.5 == compatible_rate(platform), 10, platform.errors)
    print(f"restored {took:.2f} s after the last click")  # noqa: T201  # the measured figure
    look(approver, "configuration-restored")
    approver.goto(f"{platform.url}/revisions")
    look(approver, "configuration-revisions")
    approver.get_by_role("link", name="Takes back").first.click()
    look(approver, "configuration-revision")
    assert complaints == []


def _reloaded(page: Page, address: str) -> Page:
    page.goto(address)
    return page


def test_keyboard_alone__found_opened_and_approved(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    editor, approver = (signed_in(platform, browser, name, complaints, at="/changes/inbox") for name in ("editor", "approver"))
    change = proposed(editor, platform, percent="40", begins=next_monday(), reason="By keyboard")
    number = change.rsplit("/", 1)[1]

    approver.goto(f"{platform.url}/changes")
    approver.keyboard.press("/")
    approver.keyboard.type(number)
    approver.keyboard.press("Enter")
    expect(approver.locator("#changes tbody tr")).to_have_count(1)
    _tab_to(approver, f'a[href="/changes/{number}"]')
    approver.keyboard.press("Enter")
    approver.wait_for_url(f"**/changes/{number}")
    _tab_to(approver, "button[popovertarget=do-ask]")
    approver.keyboard.press("Enter")
    expect(approver.locator("#do-ask")).to_be_visible()
    approver.keyboard.press("Escape")
    expect(approver.locator("#do-ask")).to_be_hidden()
    _tab_to(approver, "button[popovertarget=do-approve]")
    approver.keyboard.press("Enter")
    expect(approver.locator("#do-approve")).to_be_visible()
    assert approver.evaluate("document.activeElement.textContent") == "Approve"
    approver.keyboard.press("Enter")

    expect(approver.locator(".page-head")).to_contain_text("Scheduled")
    assert complaints == []


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def test_kill_switch__an_instrument_stopped__known_within_two_seconds_and_looked_at(
    platform: Platform, browser: Browser
) -> None:
    complaints: list[str] = []
    editor, approver = (signed_in(platform, browser, name, complaints, at="/changes/inbox") for name in ("editor", "approver"))
    address = f"{platform.url}/api/v1/instruments/navigation-clicks"

    editor.goto(f"{platform.url}/kill")
    look(editor, "configuration-kill")
    editor.get_by_label("navigation-clicks").check()
    editor.locator("#reason").fill("It floods the intake")
    editor.get_by_label("I know that it stops at once").check()
    editor.get_by_role("button", name="Stop now").click()
    took = wait_until(lambda: httpx.get(address, timeout=10).json()["is_enabled"] is False, 2, platform.errors)
    look(editor, "configuration-stopped")
    approver.goto(f"{platform.url}/changes/inbox")
    approver.get_by_role("link", name="Stop navigation-clicks").first.click()
    approver.get_by_role("button", name="I have looked at it").click()
    expect(approver.locator("#approvals")).to_contain_text("Looked at")
    editor.goto(f"{platform.url}/kill")
    expect(editor.locator("#resume")).to_contain_text("It floods the intake")
    look(editor, "configuration-kill-stopped")
    print(f"stopped after {took:.2f} s")  # noqa: T201  # the measured figure
    assert complaints == []


def test_without_javascript__change__approved(platform: Platform, browser: Browser) -> None:
    complaints: list[str] = []
    editor = signed_in(platform, browser, "editor", complaints, at="/changes/inbox")
    change = proposed(editor, platform, percent="30", begins=next_monday() + timedelta(days=7), reason="Plain HTML")
    known = signed_in(
        platform, browser, "engineer", complaints, at="/changes/inbox"
    ).context.storage_state()  # the admin's login wants scripts
    context = browser.new_context(java_script_enabled=False, storage_state=known)
    page = context.new_page()
    page.goto(change)

    page.get_by_label("Comment", exact=True).fill("Read without scripts")
    page.get_by_role("button", name="Comment").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    page.locator("#do-approve").get_by_role("button", name="Approve").click()

    expect(page.locator(".page-head")).to_contain_text("Scheduled")
    expect(page.locator("#discussion")).to_contain_text("Read without scripts")
    context.close()
