"""The JavaScript client in Chromium against the running platform: sampled, batched, delivered, and silent where it must be."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.client_pages import IN_SAMPLE, OUT_OF_SAMPLE, Site, Visit, stored, visiting
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

ARRIVES = 15.0  # a batch's second, the intake, the connector, and a machine that others use too
START = f'const events = eventplatform.connect(PLATFORM, {{consent: true, ids: {{session: "{IN_SAMPLE}"}}}});\n'
CLICKS = START + 'const clicks = events.instrument("navigation-clicks");\n'


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as served:
        yield served


@pytest.fixture
def visit(platform: Platform, browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting(platform, browser, site) as opened:
        yield opened
        assert opened.complaints == []


def word() -> str:
    """A button's name that nobody else has."""
    return f"b_{uuid.uuid4().hex[:12]}"


def arrived(platform: Platform, name: str, count: int, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of that button, once there are so many."""
    wait_until(lambda: len(stored(platform, "ui_button_click", "button_name", name)) >= count, ARRIVES, platform.errors)
    return stored(platform, "ui_button_click", "button_name", name, columns or ("meta__id",))


def ready(page: Page) -> None:
    page.evaluate("() => events.ready")


def test_three_lines__a_strangers_page__a_row_says_what_it_was_judged_by(platform: Platform, visit: Visit) -> None:
    name = word()
    page = visit.open(CLICKS + f'clicks.submit({{button_name: "{name}"}});')

    columns = ("instrument_name", "sample__unit", "sample__rate", "sample__revision", "browser__page_path", "meta__domain")
    [row] = arrived(platform, name, 1, *columns)

    assert row == ("navigation-clicks", "session", 0.2, 1, "/page", "localhost")
    assert page.evaluate("events.stats()") == {"given": 1, "sent": 1, "waiting": 0, "left": 0, "dropped": {}}


def test_sample__five_hundred_sessions__the_configured_share(visit: Visit) -> None:
    page = visit.open("")
    count = """async () => {
        const config = await (await fetch(PLATFORM + "/api/v1/client")).json();
        let found = 0;
        for (let session = 0; session < 500; session++) {
            localStorage.clear();
            const client = eventplatform.connect(PLATFORM, {config, consent: true});
            if (client.instrument("navigation-clicks").isInSample) found++;
            client.close(0);
        }
        return found;
    }"""

    assert page.evaluate(count) == pytest.approx(100, abs=45)  # five standard deviations


def test_session__page_loaded_again_and_storage_cleared__same_then_new(visit: Visit) -> None:
    connect = "const events = eventplatform.connect(PLATFORM, {consent: true});"
    page = visit.open(connect + 'const clicks = events.instrument("navigation-clicks");')
    seen = []
    for clears in (False, False, True):
        ready(page)
        answer = page.evaluate("() => [clicks.isInSample, JSON.parse(localStorage['eventplatform.ids']).session.id]")
        seen.append(answer)
        page.evaluate("clears => clears && localStorage.clear()", clears)
        page.reload()
    ready(page)
    page.evaluate("clicks.isInSample")

    assert seen[0] == seen[1] == seen[2]
    assert page.evaluate("JSON.parse(localStorage['eventplatform.ids']).session.id") != seen[2][1]


def test_batch__thirty_events_at_once__one_request_in_order(platform: Platform, visit: Visit) -> None:
    name = word()
    page = visit.open(CLICKS)
    ready(page)

    page.evaluate("name => { for (let n = 0; n < 30; n++) clicks.submit({button_name: name, milliseconds_visible: n}); }", name)

    rows = arrived(platform, name, 30, "milliseconds_visible")
    assert page.evaluate("events.stats().sent") == 30
    assert rows == [(number,) for number in range(30)]
    assert [len(batch) for batch in visit.sent()] == [30]


def test_leaving__click_that_navigates__its_event_arrives(platform: Platform, visit: Visit) -> None:
    name = word()
    visit.put("/other", "")
    leave = f'save.onclick = () => {{ clicks.submit({{button_name: "{name}"}}); location.href = "/other"; }};'
    page = visit.open(CLICKS + leave)
    ready(page)

    page.click("#save")
    page.wait_for_url("**/other")

    assert len(arrived(platform, name, 1)) == 1


def test_leaving__page_closed__its_event_arrives(platform: Platform, visit: Visit) -> None:
    name = word()
    page = visit.open(CLICKS)
    ready(page)
    page.evaluate("name => clicks.submit({button_name: name})", name)

    page.close(run_before_unload=True)

    assert len(arrived(platform, name, 1)) == 1


def test_leaving__more_than_a_browser_takes_in_flight__the_next_page_sends_the_rest(platform: Platform, visit: Visit) -> None:
    name = word()
    page = visit.open(CLICKS)
    ready(page)
    many = """name => {
        const page_path = "/" + "x".repeat(700);
        for (let n = 0; n < 180; n++) clicks.submit({button_name: name, milliseconds_visible: n, browser: {page_path}});
        location.reload();
    }"""

    page.evaluate(many, name)
    page.wait_for_load_state()

    assert sorted(arrived(platform, name, 180, "milliseconds_visible")) == [(number,) for number in range(180)]
    visit.complaints.clear()  # a busy intake answers 503 now and then, which the browser tells; the client tries again


def test_offline__and_back__each_event_once(platform: Platform, visit: Visit) -> None:
    name = word()
    page = visit.open(CLICKS)
    ready(page)

    visit.context.set_offline(True)
    page.evaluate("name => { for (let n = 0; n < 5; n++) clicks.submit({button_name: name, milliseconds_visible: n}); }", name)
    assert page.evaluate("events.flush()") is False
    visit.context.set_offline(False)

    assert arrived(platform, name, 5, "milliseconds_visible") == [(number,) for number in range(5)]
    visit.complaints.clear()  # the browser tells of requests without a network


def test_offline__page_left__the_next_one_sends_it(platform: Platform, visit: Visit) -> None:
    name = word()
    page = visit.open(CLICKS)
    ready(page)
    visit.context.set_offline(True)
    page.evaluate("name => clicks.submit({button_name: name})", name)
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    visit.context.set_offline(False)

    visit.open(CLICKS)

    assert len(arrived(platform, name, 1)) == 1
    visit.complaints.clear()


def test_two_tabs__one_session__both_send(platform: Platform, visit: Visit) -> None:
    name = word()
    script = "const events = eventplatform.connect(PLATFORM, {consent: true, force: ['navigation-clicks']});"
    tabs = [visit.open(script), visit.open(script)]

    for tab in tabs:
        ready(tab)
        tab.evaluate("name => events.instrument('navigation-clicks').submit({button_name: name})", name)

    rows = arrived(platform, name, 2, "browser__session_id", "browser__pageview_id")
    assert len({session for session, _ in rows}) == 1
    assert len({pageview for _, pageview in rows}) == 2


def test_out_of_sample__nothing_is_sent(visit: Visit) -> None:
    page = visit.open(CLICKS.replace(IN_SAMPLE, OUT_OF_SAMPLE))
    ready(page)

    page.evaluate("clicks.submit({button_name: 'save'})")
    page.evaluate("events.flush()")

    assert page.evaluate("[clicks.why, events.stats().dropped]") == ["unsampled", {"unsampled": 1}]
    assert visit.requests == []


def test_gpc__stream_heeds_it__nothing_sent_and_nothing_stored(visit: Visit) -> None:
    visit.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    page = visit.open(CLICKS)
    ready(page)

    page.evaluate("clicks.submit({button_name: 'save'})")
    page.evaluate("events.flush()")

    assert page.evaluate("[clicks.why, events.stats().dropped, localStorage.length]") == ["privacy", {"privacy": 1}, 0]
    assert visit.requests == []


def test_consent__missing_given_and_taken_back__obeyed_at_once(visit: Visit) -> None:
    page = visit.open('const events = eventplatform.connect(PLATFORM); const clicks = events.instrument("navigation-clicks");')
    ready(page)
    state = "[clicks.why ?? null, localStorage.length, document.cookie]"
    page.evaluate("clicks.submit({button_name: 'save'})")
    without = page.evaluate(state)

    page.evaluate("events.setConsent(true)")
    page.evaluate("clicks.submit({button_name: 'save'})")
    given = page.evaluate("Object.keys(localStorage)")
    page.evaluate("events.setConsent(false)")

    assert without == ["consent", 0, ""]
    assert given == ["eventplatform.ids"]
    assert page.evaluate(state) == without


def test_page__five_hundred_events__is_not_blocked(visit: Visit) -> None:
    page = visit.open(CLICKS)
    ready(page)
    loop = """() => {
        const begun = performance.now();
        for (let n = 0; n < 100; n++) clicks.submit({button_name: "not_blocked"});
        return performance.now() - begun;
    }"""

    took = min(page.evaluate(loop) for _ in range(5))

    assert took < 50  # a task that is longer counts as blocking
