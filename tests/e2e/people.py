"""People at the platform's pages: signed in, heard when the browser complains, and what they see kept as pictures."""

from __future__ import annotations

import json

from playwright.sync_api import Browser, Page

from eventplatform import env
from tests.e2e.platform import Platform

SCREENSHOTS = env.ROOT / "var" / "screenshots"
WIDTHS = {390: 844, 1280: 900}


def signed_in(platform: Platform, browser: Browser, name: str, complaints: list[str], *, at: str) -> Page:
    """A demo user's own browser, on the page `at`; whatever its console says against a page is added to `complaints`."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{platform.url}/admin/login/?next={at}")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", json.loads((platform.var / "demo-users.json").read_text())[name])
    page.click("button[type=submit]")
    page.wait_for_url(f"**{at}")
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("console", lambda one: complaints.append(f"{page.url}: {one.text}") if one.type in {"error", "warning"} else None)
    return page


def look(page: Page, name: str) -> None:
    """Keep how the page looks, wide and narrow; nothing may stick out."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
