"""Schemas in a real browser: from a field to its version, differences, references, trying an event, producing one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

TABS = ("fields", "diff", "changelog", "references", "usage", "try", "produce", "code", "raw")
CHANGE = "/schemas/page/change/1.1.0"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test on any complaint: console errors, exceptions, refused content."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []


def test_search__field__leads_to_its_row(platform: Platform, page: Page) -> None:
    page.goto(f"{platform.url}/schemas")
    page.get_by_label("Search schemas").fill("performer.user_id")
    page.wait_for_url(re.compile(r"q=performer\.user_id"))

    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="page/change", exact=True))
    row.get_by_role("link", name="performer.user_id").click()

    page.wait_for_url(re.compile(r"/schemas/page/change\?tab=fields&at=performer\.user_id"))
    marked = page.locator("tr[aria-selected=true]")
    expect(marked).to_contain_text("integer")
    expect(marked).to_be_in_viewport()
    page.get_by_role("link", name="1.0.0", exact=True).click()
    expect(page.get_by_text("1.1.0 is newer")).to_be_visible()


def test_fields__without_javascript__fold_and_unfold(platform: Platform, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{platform.url}{CHANGE}?tab=fields&all=1")

    page.locator("tr", has_text="performer").get_by_role("link", name="Fold").first.click()

    expect(page.locator("[id='field.performer.user_id']")).to_have_count(0)
    page.locator("[id='field.performer']").get_by_role("link", name="inside").click()
    expect(page.locator("[id='field.performer.user_id']")).to_have_count(1)
    context.close()


def test_diff__two_versions_chosen__both_stand_in_the_address(platform: Platform, page: Page) -> None:
    page.goto(f"{platform.url}{CHANGE}?tab=diff")
    expect(page.get_by_role("heading", name="1.0.0 → 1.1.0")).to_be_visible()

    page.get_by_label("From version").select_option("1.1.0")
    page.get_by_label("To version").select_option("1.0.0")
    page.get_by_role("button", name="Compare").click()

    page.wait_for_url(re.compile(r"/page/change/1\.0\.0\?tab=diff&from=1\.1\.0"))
    expect(page.get_by_role("heading", name="1.1.0 → 1.0.0")).to_be_visible()
    expect(page.locator(".diff .del").first).to_be_visible()


@pytest.mark.parametrize("has_javascript", [True, False])
def test_try__wrong_field__is_marked_at_its_line(platform: Platform, browser: Browser, has_javascript: bool) -> None:  # noqa: FBT001  # a parameter of the test
    context = browser.new_context(java_script_enabled=has_javascript)
    page = context.new_page()
    page.goto(f"{platform.url}{CHANGE}?tab=try")
    event = json.loads(page.get_by_label("The event as JSON").input_value())

    page.get_by_label("The event as JSON").fill(json.dumps({**event, "dt": "yesterday"}, indent=2))
    page.get_by_role("button", name="Check").click()

    expect(page.locator("#verdict .bad")).to_contain_text('"dt": "yesterday"')
    expect(page.locator("#verdict .why")).to_contain_text("dt must be a date and time")
    page.get_by_label("The event as JSON").fill("{\n  oops\n}")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#verdict .why")).to_contain_text("Line 2, column")
    page.get_by_label("The event as JSON").fill(json.dumps(event))
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#verdict")).to_contain_text("Valid")
    context.close()


def test_references__node__leads_to_its_schema(platform: Platform, page: Page) -> None:
    page.goto(f"{platform.url}{CHANGE}?tab=references")

    node = page.locator(".graph a", has_text="sample/common")
    node.focus()
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/schemas/fragment/sample/common/\d"))
    expect(page.locator(".graph a", has_text="page/change")).to_be_visible()


def test_copy__path_of_a_field__lands_in_the_clipboard(platform: Platform, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{platform.url}{CHANGE}?tab=fields&all=1")

    page.get_by_role("button", name="Copy performer.user_id").focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-copy='performer.user_id'] use")).to_have_attribute("href", "#check")
    assert page.evaluate("navigator.clipboard.readText()") == "performer.user_id"
    context.close()


@pytest.mark.parametrize("language", ["curl", "js", "python"])
def test_produce__program_as_shown__is_taken_in(
    platform: Platform, page: Page, language: str, tmp_path: Path, service_missing: Callable[[str], NoReturn]
) -> None:
    page.goto(f"{platform.url}{CHANGE}?tab=produce&lang={language}&with=http")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.locator("#produce .copy").click()
    expect(page.locator("#produce .copy")).to_have_attribute("aria-label", "Copied")
    program = page.evaluate("navigator.clipboard.readText()")

    file = tmp_path / {"curl": "run.sh", "js": "run.js", "python": "run.py"}[language]
    file.write_text(program)
    runner = {"curl": "sh", "js": "node", "python": sys.executable}[language]
    if shutil.which(runner) is None:
        service_missing(f"there is no {runner}")
    ran = subprocess.run([runner, str(file)], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "201" in ran.stdout.partition("\n")[0], ran.stdout


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_tabs__every_one__no_complaint_and_no_overflow(platform: Platform, page: Page, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    paths = ("/schemas?q=user", *(f"{CHANGE}?tab={tab}" for tab in TABS), "/schemas/fragment/sample/common?tab=references")

    for path in paths:
        page.goto(f"{platform.url}{path}&theme={theme}")
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path


def test_too_large_event__answered__is_no_silence(platform: Platform) -> None:
    answer = httpx.post(f"{platform.url}{CHANGE}/try", data={"event": "x" * 3_000_000}, timeout=20)

    assert answer.status_code in {400, 403, 413}
