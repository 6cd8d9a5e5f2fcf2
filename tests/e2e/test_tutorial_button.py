"""`docs/how-to/instrument-a-button.md`, followed step by step: its blocks are what runs, its bold words what is pressed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from eventplatform import env
from tests.e2e.log_reading import Arrivals
from tests.e2e.pages_served import Site
from tests.e2e.people import signed_in
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

TEXT = (env.ROOT / "docs/how-to/instrument-a-button.md").read_text(encoding="utf-8")
STREAM = "ui.button_click"
# A session that is in every sample, so that the page is asked by the very rate that holds.
IN_SAMPLE = """
const random = crypto.getRandomValues.bind(crypto);
crypto.getRandomValues = (numbers) => (numbers.length === 10 ? numbers.fill(0) : random(numbers));
"""


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Of this module alone: the tutorial changes the sample's instrument for good."""
    with Platform() as running:
        yield running


def blocks(language: str, platform: Platform) -> list[str]:
    """The page's blocks of one language, with the addresses of this platform."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [one.replace("http://127.0.0.1:8000", platform.url).strip() for one in found]


def named(label: str) -> str:
    """What the reader is told to press."""
    assert f"**{label}**" in TEXT, f"The tutorial doesn't name {label}"
    return label


@pytest.fixture
def arrivals(platform: Platform) -> Iterator[Arrivals]:
    with Arrivals(platform) as arriving:
        yield arriving


@pytest.fixture
def site(tmp_path: Path, platform: Platform) -> Iterator[Site]:
    (tmp_path / "button.html").write_text(blocks("html", platform)[0], encoding="utf-8")
    with Site(tmp_path) as serving:
        yield serving


def pressed(page: Page, arrivals: Arrivals, platform: Platform) -> dict[str, object]:
    """Press the button; the event that came of it."""
    before = len(arrivals.of(STREAM))
    page.get_by_role("button", name="Save").click()
    wait_until(lambda: len(arrivals.of(STREAM)) > before, 10, platform.errors)
    return dict(arrivals.of(STREAM)[-1])


def rates(platform: Platform, words: str) -> list[tuple[object, ...]]:
    try:
        with psycopg.connect(platform.warehouse) as connection:
            return connection.execute(words.encode()).fetchall()
    except psycopg.errors.UndefinedTable:
        return []


def run_program(folder: Path, text: str) -> None:
    (folder / "send.py").write_text(text)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(env.ROOT / "clients/python")}
    command = [sys.executable, "send.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def halved(platform: Platform, browser: Browser, complaints: list[str]) -> None:
    """Step 5: one proposes, another approves."""
    editor, approver = (signed_in(platform, browser, name, complaints, at="/changes/inbox") for name in ("editor", "approver"))
    editor.goto(f"{platform.url}/admin/streamconfig/instrument/")
    expect(editor.locator("body")).to_contain_text(named("Instruments"))
    editor.get_by_role("link", name=named("navigation-clicks"), exact=True).first.click()
    share = editor.locator("[name=sampling_percent]")
    expect(share).to_have_value(re.compile(r"^20(\.0+)?$"))
    share.fill("10")
    editor.locator("[name=reason]").fill("Half is enough")
    editor.get_by_role("button", name=named("Propose the change")).click()
    editor.wait_for_url("**/changes/*")
    approver.goto(editor.url)
    approver.get_by_role("button", name=named("Approve"), exact=True).click()
    approver.locator("#do-approve").get_by_role("button", name="Approve").click()
    expect(approver.locator(".toast")).to_be_visible()
    for page in (editor, approver):
        page.context.close()


def test_tutorial__followed_step_by_step__events_are_stored_seen_and_halved(
    platform: Platform, browser: Browser, arrivals: Arrivals, site: Site
) -> None:
    complaints: list[str] = []
    live = browser.new_page()
    forced = blocks("text", platform)[0].replace("http://localhost:9000", site.url)
    sql, program = blocks("sql", platform)[0], blocks("python", platform)[0]
    assert blocks("sh", platform) == ["python3 -m http.server 9000", "python3 send.py"]

    # 1 and 2: a page, forced in, and seen as it comes.
    live.goto(f"{platform.url}/live?stream={STREAM}")
    expect(live.get_by_text("Waiting for the next event")).to_be_visible(timeout=15_000)
    expect(live.locator("body")).to_contain_text(named("Live"))
    looker = browser.new_page()
    looker.goto(forced)
    event = pressed(looker, arrivals, platform)
    assert event["button_name"] == "save"
    assert event["instrument_name"] == "navigation-clicks"
    assert isinstance(event["sample"], dict)
    assert (event["sample"]["unit"], event["sample"]["rate"]) in {("forced", 1), ("session", 0.2)}  # one in five was in sample
    row = live.locator("main details").filter(has_text="Accepted").first
    expect(row).to_be_visible(timeout=10_000)
    row.locator("summary").first.click()
    expect(live.get_by_text("save").first).to_be_visible()

    # 3 and 4: in the store, and from a service.
    wait_until(lambda: ("save", 1) in rates(platform, sql), 10, platform.errors)
    run_program(site.folder, program)
    wait_until(lambda: ("save_from_python", 1) in rates(platform, sql), 10, platform.errors)

    # 5: the page stays open while the rate is halved.
    reader = browser.new_context()
    reader.add_init_script(IN_SAMPLE)
    page = reader.new_page()
    page.goto(f"{site.url}/button.html")
    sample = pressed(page, arrivals, platform)["sample"]
    assert isinstance(sample, dict)
    assert (sample["unit"], sample["rate"]) == ("session", 0.2)
    halved(platform, browser, complaints)

    def obeys() -> bool:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # comes back to it
        found = pressed(page, arrivals, platform)["sample"]
        return isinstance(found, dict) and found["rate"] == 0.1 and found["revision"] > sample["revision"]

    wait_until(obeys, 60, platform.errors)
    run_program(site.folder, program)
    wait_until(
        lambda: any(one["sample"]["rate"] == 0.1 and one["button_name"] == "save_from_python" for one in arrivals.of(STREAM)),
        10,
    )
    assert complaints == []
