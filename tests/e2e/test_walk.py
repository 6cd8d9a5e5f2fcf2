from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from eventplatform import env
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

SCREENSHOTS = env.ROOT / "var" / "screenshots"
PAGES = (
    "/",
    "/overview",
    "/overview?range=24h",
    "/overview/picture",
    "/overview/streams",
    "/overview/services/main",
    "/streams",
    "/streams/test.event",
    "/schemas",
    "/connectors",
    "/services",
    "/outcomes",
    "/traffic",
    "/rejected",
    "/live",
    "/trace",
    "/instruments",
    "/instruments/navigation-clicks/check",
    "/check/stream/test.event",
    "/nowhere",
)
ADMIN = ("/admin/", "/admin/auth/user/", "/admin/auth/user/add/")
WIDTHS = {1280: 900, 390: 844}


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Fresh: what a stranger meets, with nothing in it but the sample."""
    with Platform() as running:
        yield running


def test_start__canaries__pass_every_stage_within_a_minute(platform: Platform) -> None:
    def whole() -> bool:
        found = re.search(r"(\d+) of (\d+) passed", httpx.get(f"{platform.url}/start/side", timeout=10).text)
        return bool(found and int(found[2]) > 0 and found[1] == found[2])

    assert wait_until(whole, 60, platform.errors) <= 60


def test_curl__as_printed__event_arrives_on_the_page_in_postgres_and_in_a_file(platform: Platform, browser: Browser) -> None:
    word = f"walk-{uuid.uuid4().hex[:8]}"
    page = browser.new_page()
    page.goto(platform.url)
    command = shlex.split(platform.curl.replace('"hello"', json.dumps(word)))

    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert " 201 " in answer.splitlines()[0]
    in_postgres = wait_until(lambda: rows(platform, word) == 1, 2, platform.errors)
    page.get_by_text(word).first.wait_for(timeout=4000)
    in_file = wait_until(lambda: word in files(platform), 14, platform.errors)
    page.close()
    print(f"in Postgres after {in_postgres:.2f} s, in a file after {in_file:.1f} s more")  # noqa: T201  # the measured figures


def test_trace__event_just_sent__found_by_its_id_in_every_store(platform: Platform, browser: Browser) -> None:
    event_id = str(uuid.uuid4())
    command = shlex.split(platform.curl.replace('"stream"', f'"id": "{event_id}", "stream"'))
    subprocess.run(command, capture_output=True, check=True)
    page = browser.new_page()

    page.goto(f"{platform.url}/trace")
    page.fill("[name=q]", event_id)
    page.get_by_role("button", name="Find").click()

    expect(page.get_by_text("Written to the topic")).to_be_visible()
    for name in ("postgres-main", "files-archive"):
        expect(page.locator(".steps").get_by_text(name)).to_be_visible()
    page.close()


def rows(platform: Platform, word: str) -> int:
    """Rows with that word; the table is made by the stream's first event, since canaries need none."""
    try:
        with psycopg.connect(platform.warehouse) as connection:
            found = connection.execute("SELECT count(*) FROM events.test_event WHERE test = %s", [word]).fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    return found[0] if found else 0


def files(platform: Platform) -> str:
    found = (path for path in (platform.var / "events").rglob("*") if path.is_file() and path.suffix != ".gz")
    return "".join(path.read_text(errors="replace") for path in found)


class Watched:
    """A page whose every complaint is kept: console errors, exceptions, refused content."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        is_expected = "404" in message.text and "/nowhere" in message.location.get("url", "")
        if message.type in {"error", "warning"} and not is_expected:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def look(self, url: str, name: str) -> None:
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle") if name.startswith("admin") else self.page.wait_for_timeout(250)
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if too_wide > 0:
            self.complaints.append(f"{url}: {too_wide} px too wide at {self.page.viewport_size}")
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages__every_one__no_complaint_and_no_overflow(platform: Platform, browser: Browser, width: int, theme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    watched = Watched(browser.new_page(viewport={"width": width, "height": WIDTHS[width]}))
    details = [
        *PAGES,
        *first_links(platform, "/schemas"),
        *first_links(platform, "/services"),
        *first_links(platform, "/connectors"),
    ]

    for path in details:
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "start"
        watched.look(f"{platform.url}{path}?theme={theme}", f"{name}-{width}-{theme}")
    watched.page.close()

    assert watched.complaints == [], platform.errors()


def first_links(platform: Platform, path: str) -> list[str]:
    """The first detail page that a list leads to."""
    page = httpx.get(platform.url + path, timeout=10).text
    return re.findall(rf'href="({re.escape(path)}/[^"?#]+)"', page)[:1]


def test_admin__logged_in__no_complaint(platform: Platform, browser: Browser) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    users: dict[str, str] = json.loads((platform.var / "demo-users.json").read_text())
    watched = Watched(browser.new_page(viewport={"width": 1280, "height": 900}))
    watched.page.goto(f"{platform.url}/admin/login/?next=/admin/")
    watched.page.fill("[name=username]", "administrator")
    watched.page.fill("[name=password]", users["administrator"])
    watched.page.press("[name=password]", "Enter")
    watched.page.wait_for_url("**/admin/")

    for path in ADMIN:
        watched.look(platform.url + path, "admin-" + (path.strip("/").replace("/", "-")))
    watched.page.close()

    assert watched.complaints == []


def test_theme__switched__stays_on_the_next_page(platform: Platform, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(platform.url)

    page.click(".nav [data-theme-toggle]")
    page.goto(f"{platform.url}/overview")

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.close()


def test_narrow__more__opens_the_navigation(platform: Platform, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(platform.url)
    expect(page.locator("#nav")).to_be_hidden()

    page.click(".tabbar button")

    expect(page.locator("#nav")).to_be_visible()
    page.close()


def test_pause__pressed__live_part_stands_still(platform: Platform, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(platform.url)
    asked: list[str] = []
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Live", exact=True)).to_be_hidden()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    expect(page.get_by_text("Go on", exact=True)).to_be_visible()
    page.on("request", lambda request: asked.append(request.url))

    for _ in range(2):
        with page.expect_request("**/start/side", timeout=10_000):
            pass

    assert [url for url in asked if "/start/tail" in url] == []
    with page.expect_request("**/start/tail", timeout=10_000):
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.close()


def test_without_javascript__start_page__reads_and_links(platform: Platform, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    wait_until(lambda: ">Canary<" in httpx.get(f"{platform.url}/?canaries=1", timeout=10).text, 90, platform.errors)
    page.goto(platform.url)

    page.click("text=Show canaries")

    expect(page).to_have_url(re.compile(r"/\?canaries=1#tail$"))
    expect(page.get_by_text("Canary", exact=True).first).to_be_visible()
    context.close()


HOSTILE = (
    "</pre></script><script>document.ran=1</script><img src=x onerror='document.ran=1'><svg onload='document.ran=1'>{{7*7}}"
)
FOUND = "[document.ran, ...document.querySelectorAll('main img, main script, main a[href^=javascript]')].filter(Boolean).length"


def sent(platform: Platform, *events: object) -> int:
    url = f"http://127.0.0.1:{platform.port + 1}/v1/events"
    return httpx.post(url, json=events, headers={"X-Debug-Id": "walker"}, timeout=10).status_code


def test_live__events_sent__seen_within_a_second_and_hostile_ones_do_nothing(platform: Platform, browser: Browser) -> None:
    good = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": HOSTILE}
    hostile = {**good, HOSTILE: HOSTILE, "meta": {"stream": HOSTILE, "id": HOSTILE}, "url": "javascript:alert(1)"}
    watched = Watched(browser.new_page())
    page = watched.page
    page.on("dialog", lambda dialog: watched.complaints.append(dialog.message))
    page.goto(f"{platform.url}/live?id=walker")

    assert sent(platform, good, {**good, "test": 7}, hostile) == 207
    page.locator(".live-note").nth(2).wait_for(timeout=1500)  # a second, and time for a busy machine to draw it

    assert [page.locator(".badge", has_text=word).count() for word in ("Accepted", "Invalid", "Denied")] == [1, 1, 1]
    assert (page.evaluate(FOUND), page.get_by_text("{{7*7}}").count() > 2) == (0, True)
    wait_until(lambda: "{{7*7}}" in httpx.get(f"{platform.url}/rejected?search=stream", timeout=10).text, 10, platform.errors)
    for path in ("/rejected", "/live?stream=test.event&canaries=1", "/"):
        page.goto(platform.url + path)
        assert page.evaluate(FOUND) == 0, path
    page.close()
    assert watched.complaints == []


def test_testing__the_how_tos_own_example__passes(platform: Platform, tmp_path: Path) -> None:
    text = (env.ROOT / "docs/how-to/test-your-client.md").read_text()
    example = text.split("```python\n")[1].split("```")[0].replace("127.0.0.1:8001", f"127.0.0.1:{platform.port + 1}")
    (tmp_path / "test_client.py").write_text(example)

    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:django",
        "-c",
        "/dev/null",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "1 passed" in done.stdout, done.stdout


def test_overview__refreshed__parts_are_swapped_and_focus_and_scroll_stay(platform: Platform, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 500})
    page.goto(f"{platform.url}/overview")
    before = page.locator("#updated time").inner_text()
    link = page.locator("#part-parts a").first
    link.focus()
    focused = page.evaluate("document.activeElement.href")
    assert page.evaluate("scrollY") > 0
    page.evaluate("document.querySelector('.segments').isTheSame = true")

    # What is shown is a few seconds old at most, so it takes more than one look to see it change.
    change = (
        "before => { htmx.trigger('#live', 'refresh'); return document.querySelector('#updated time').innerText !== before; }"
    )
    page.wait_for_function(change, arg=before, polling=500, timeout=20_000)

    assert page.evaluate("document.activeElement.href") == focused
    expect(link).to_be_in_viewport()  # what grows above scrolls the page, to leave the reader where they were
    assert page.evaluate("document.querySelector('.segments').isTheSame")
    page.close()


def test_overview__server_gone__last_good_page_stays_and_says_so(platform: Platform, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{platform.url}/overview")
    page.route("**/overview", lambda route: route.abort())
    expect(page.get_by_text("no answer since then")).to_be_hidden()

    page.evaluate("htmx.trigger('#live', 'refresh')")

    expect(page.get_by_text("no answer since then")).to_be_visible()
    expect(page.get_by_role("heading", name="Needs attention")).to_be_visible()
    page.close()


def test_picture__by_keyboard__a_store_is_reached_and_opened(platform: Platform, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{platform.url}/overview/picture")
    store = page.locator(".picture a[href^='/connectors/']").first

    store.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/connectors/"))
    page.close()
