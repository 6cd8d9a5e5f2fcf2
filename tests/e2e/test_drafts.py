from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import look, signed_in
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

TITLE = "walk/button_click"


def test_draft__from_the_first_line_to_the_served_version(platform: Platform, browser: Browser, tmp_path: Path) -> None:
    complaints: list[str] = []
    engineer = signed_in(platform, browser, "engineer", complaints, at="/schemas/drafts")
    look(engineer, "drafts")
    engineer.get_by_role("link", name="Draft a schema").click()
    engineer.get_by_label("Title").fill(TITLE)
    engineer.get_by_role("button", name="Begin the draft").click()
    checks, editor = engineer.locator("#checks"), engineer.locator("#text")
    expect(checks).to_contain_text("Ready for review")

    editor.fill(editor.input_value().replace("  action:", "  buttonName:"))
    expect(checks).to_contain_text("NAME-SNAKE-CASE", timeout=5000)
    expect(engineer.locator(".gutter .error").first).to_be_visible()
    look(engineer, "draft-errors")
    editor.fill(
        editor.input_value().replace("buttonName", "button_name").replace("    action: start", "    button_name: start")
    )
    expect(checks).to_contain_text("Ready for review", timeout=5000)
    engineer.get_by_label("What changes, and why").fill("Count clicks on the button")
    engineer.get_by_role("button", name="Save and submit for review").click()
    expect(engineer.locator(".page-head")).to_contain_text("In review")
    expect(engineer.get_by_role("button", name="Approve")).to_have_count(0)

    approver = signed_in(platform, browser, "approver", complaints, at="/schemas/drafts")
    approver.goto(engineer.url)
    look(approver, "draft-review")
    approver.get_by_role("button", name="Approve and publish 1.0.0").click()
    approver.wait_for_url(f"**/schemas/{TITLE}/1.0.0")
    engineer.reload()
    look(engineer, "draft-published")

    files = f"{platform.url}/repositories/team/jsonschema/{TITLE}"
    served = wait_until(lambda: httpx.get(f"{files}/latest.yaml").status_code == 200, 2, platform.errors)
    assert served < 2  # every process knows it
    event = httpx.get(f"{files}/1.0.0.json").json()["examples"][0]
    answer = httpx.post(f"{platform.url}/api/v1/schemas/validate", json=event).json()
    assert answer["valid"] is True, answer
    subprocess.run(["git", "clone", "-q", f"{platform.url}/repositories/team.git", tmp_path / "team"], check=True, timeout=60)
    assert (tmp_path / "team/jsonschema" / TITLE / "latest").read_text() == httpx.get(f"{files}/1.0.0.yaml").text
    assert complaints == []
