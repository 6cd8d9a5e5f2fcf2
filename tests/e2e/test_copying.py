"""The copy button of a code block, in a browser: what it puts on the clipboard is the text itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from eventplatform import env
from eventplatform.core.schemas import Violation
from monitoring.rejected.samples import lines_of_event

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (text) => { window.copied = text; }}})"
EVENT = {"$schema": "/a/1.0.0", "name": "SAVE!", "meta": {"stream": "a"}}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    found = browser.new_page()
    yield found
    found.close()


def copied(page: Page, shown: str) -> str:
    page.set_content(shown)
    page.add_style_tag(content=".code pre > span { display: block }")
    page.evaluate(CLIPBOARD)
    page.add_script_tag(path=env.ROOT / "static" / "copy.js")
    page.click(".copy")
    return str(page.evaluate("window.copied"))


def test_copy__event_with_a_place_that_is_marked__is_the_event_alone(page: Page) -> None:
    lines = lines_of_event(EVENT, [Violation("/name", "pattern", "small letters")])
    shown = render_to_string("monitoring/_live_code.html", {"lines": lines})
    assert "small letters" in shown

    assert json.loads(copied(page, shown)) == EVENT


def test_copy__program__is_as_it_was_written(page: Page) -> None:
    text = "first\n  second\nthird"

    assert copied(page, render_to_string("_code.html", {"lines": text.split("\n"), "is_wrapped": True})) == text
