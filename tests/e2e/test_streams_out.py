"""The page of the role stream in a real browser: events come in, pause and go on; what they hold is only ever text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from eventplatform.broker.memory import MemoryLog
from tests.monitoring.streaming.rig import event, produce, served, stream, wait_until

pytestmark = pytest.mark.e2e

HOSTILE = "<img src=x onerror=\"document.title='stolen'\"></script><script>document.title='stolen'</script>"


def test_page__of_a_followed_stream__shows_events_as_text_and_pauses(browser: Browser) -> None:
    log = MemoryLog()
    log.create_topic("pages")
    errors: list[str] = []
    with served(log, stream("pages")) as rig, browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))

        page.goto(f"http://127.0.0.1:{rig.port}/v2/ui")
        page.get_by_label("Streams").select_option("pages")
        page.get_by_label("Filter").fill("n>=2")
        page.get_by_role("button", name="Follow").click()
        expect(page.get_by_role("status")).to_have_text("Waiting for events")
        produce(log, "pages", [event(1), event(2, text=HOSTILE), event(3)])

        expect(page.get_by_role("status")).to_have_text("2 events")
        expect(page.locator("#followed-events li").last).to_contain_text("onerror")
        page.get_by_role("button", name="Pause").click()
        wait_until(lambda: rig.clients() == 0)
        page.get_by_role("button", name="Go on").click()
        wait_until(lambda: rig.clients() == 1)
        produce(log, "pages", [event(4)])
        expect(page.get_by_role("status")).to_have_text("3 events")

        assert page.title() == "Streams"
        assert errors == []
