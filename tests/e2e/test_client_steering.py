"""The JavaScript client in Chromium while somebody steers and looks: changes obeyed, faults told, instruments forced in."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.client_pages import IN_SAMPLE, OUT_OF_SAMPLE, Site, Visit, stored, visiting
from tests.e2e.people import signed_in
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

ARRIVES = 15.0
OBEYS = 20_000
BETWEEN = "4ccccccc" + "0" * 12  # 0.3: in sample at half, out at a quarter
DEBUG = "#eventplatform-debug"


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Of this module alone, which steers what every client obeys; with clients that soon ask again."""
    with Platform(CLIENT_REFRESH_SECONDS="2") as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as served:
        yield served


@pytest.fixture
def visit(platform: Platform, browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting(platform, browser, site) as opened:
        yield opened


def clicks(session: str, options: str = "") -> str:
    return (
        f'const events = eventplatform.connect(PLATFORM, {{consent: true, ids: {{session: "{session}"}}, {options}}});\n'
        'const clicks = events.instrument("navigation-clicks");\n'
    )


def word() -> str:
    return f"b_{uuid.uuid4().hex[:12]}"


def test_errors__uncaught_and_unhandled__stored_and_a_loop_is_bounded(platform: Platform, visit: Visit) -> None:
    release = uuid.uuid4().hex
    visit.open(
        clicks(IN_SAMPLE)
        + f'events.catchErrors("client.error", {{release: "{release}"}});\n'
        + f'for (let n = 0; n < 9; n++) setTimeout(() => {{ throw new TypeError("plot {release}"); }});\n'
        + f'Promise.reject(new RangeError("kept {release}"));'
    )

    columns = ("error_class", "line_number", "browser__page_path")
    wait_until(lambda: stored(platform, "client_error", "message", f"kept {release}"), ARRIVES, platform.errors)
    wait_until(lambda: len(stored(platform, "client_error", "message", f"plot {release}")) >= 3, ARRIVES, platform.errors)

    thrown = stored(platform, "client_error", "message", f"plot {release}", columns)
    assert [(name, path) for name, _, path in thrown] == [("TypeError", "/page")] * 3
    assert all(line > 0 for _, line, _ in thrown)
    page = visit.context.pages[0]
    assert page.evaluate("events.stats().dropped") == {"repeated": 6}


def test_debug__a_bad_event__console_says_code_place_and_remedy(visit: Visit) -> None:
    page = visit.open(clicks(IN_SAMPLE), hash_=DEBUG)

    page.evaluate("events.ready")
    page.evaluate("clicks.submit({button_name: 'NOT GOOD'})")
    page.evaluate("events.flush()")

    told = "\n".join(visit.said)
    assert re.search(r"event\.invalid · /button_name · .+ · .+", told), told
    assert page.evaluate("events.stats().dropped") == {"event.invalid": 1}
    assert "hasty" not in visit.requests[0].url


def test_forced__from_the_address__sent_marked_and_shown_live(platform: Platform, visit: Visit) -> None:
    name = word()
    page = visit.open(clicks(OUT_OF_SAMPLE), hash_=f"{DEBUG}&eventplatform-force=navigation-clicks")

    page.evaluate("events.ready")
    page.evaluate("name => clicks.submit({button_name: name})", name)
    page.evaluate("events.flush()")

    wait_until(lambda: stored(platform, "ui_button_click", "button_name", name), ARRIVES, platform.errors)
    assert stored(platform, "ui_button_click", "button_name", name, ("sample__unit", "sample__rate")) == [("forced", 1.0)]
    debug_id = re.search(r"debug_id=([\w-]+)", visit.requests[0].url)
    assert debug_id
    live = visit.context.new_page()
    live.goto(f"{platform.url}/live?id={debug_id[1]}")
    expect(live.get_by_text(name).first).to_be_visible()
    assert visit.complaints == []


def test_rate__halved_while_the_page_is_open__obeyed_without_reload(platform: Platform, browser: Browser, visit: Visit) -> None:
    page = visit.open(clicks(BETWEEN))
    page.evaluate("events.ready")
    page.evaluate("events.submit('ui.button_click', {button_name: 'before'})")
    page.evaluate("events.flush()")
    assert page.evaluate("events.stats().sent") == 1

    change = halved(platform, browser)
    page.wait_for_function(
        """() => {
            events.submit("ui.button_click", {button_name: "after"});
            return events.stats().dropped.unsampled > 0;
        }""",
        polling=250,
        timeout=OBEYS,
    )

    assert change
    assert visit.complaints == []


def test_instrument__stopped_while_the_page_is_open__client_says_why_and_the_intake_refuses(
    platform: Platform, browser: Browser, visit: Visit
) -> None:
    page = visit.open(clicks(IN_SAMPLE))
    page.evaluate("events.ready")
    assert page.evaluate("clicks.isLive")
    before = httpx.get(f"{platform.url}/api/v1/client", timeout=10).json()
    complaints: list[str] = []
    editor = signed_in(platform, browser, "editor", complaints, at="/kill")
    editor.get_by_label("navigation-clicks").check()
    editor.locator("#reason").fill("It floods the intake")
    editor.get_by_label("I know that it stops at once").check()
    editor.get_by_role("button", name="Stop now").click()

    page.wait_for_function("() => !clicks.isLive", polling=250, timeout=OBEYS)
    assert page.evaluate("clicks.why") == "closed"

    # A page that still holds the older configuration is refused by the intake itself.
    stale = """async ([config, session]) => {
        const old = eventplatform.connect(PLATFORM, {config, consent: true, ids: {session}});
        old.instrument("navigation-clicks").submit({button_name: "late"});
        await old.flush();
        return old.stats().dropped;
    }"""
    refused = page.evaluate(stale, [before, IN_SAMPLE])
    assert [*refused.values()] == [1]
    assert "." in next(iter(refused)), refused
    editor.context.close()


def halved(platform: Platform, browser: Browser) -> str:
    """The stream's rate from a half to a quarter: asked by one person, approved by another; the change's address."""
    complaints: list[str] = []
    editor, approver = (signed_in(platform, browser, name, complaints, at="/changes/inbox") for name in ("editor", "approver"))
    editor.goto(f"{platform.url}/admin/streamconfig/stream/?q=ui.button_click")
    editor.get_by_role("link", name="ui.button_click", exact=True).first.click()
    editor.locator("[name=sampling_percent]").fill("25")
    editor.locator("[name=reason]").fill("The baseline is complete")
    editor.get_by_role("button", name="Propose the change").click()
    editor.wait_for_url("**/changes/*")
    approver.goto(editor.url)
    approver.get_by_role("button", name="Approve", exact=True).click()
    approver.locator("#do-approve").get_by_role("button", name="Approve").click()
    expect(approver.locator(".toast")).to_be_visible()
    found = editor.url
    for person in (editor, approver):
        person.context.close()
    return found
