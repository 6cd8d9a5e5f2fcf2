"""Row 24 of the security checklist, in a browser: no text of an event, a key or an address ever runs on a page."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.people import signed_in
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
HOSTILE = (
    '</pre></script><script>window.ran=1</script><img src=x onerror="window.ran=2"><svg onload="window.ran=3">'
    '<a href="javascript:window.ran=4">x</a>{{7*7}}{% debug %}${7*7}\'"><b id=planted>'
)
SQL = f"""select test as "{HOSTILE.replace('"', '""')}", count(*) as n, any_value(_event) as whole from events group by 1"""  # noqa: S608  # a question, and a hostile one
EVENT = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event"}, "test": "hello"}


@pytest.fixture(scope="module")
def debug_id(platform: Platform) -> str:
    """Of hostile events in every field that a client fills, of each fate."""
    found = f"hostile-{uuid.uuid4().hex[:8]}"
    headers = {"x-debug-id": found, "user-agent": HOSTILE, "referer": HOSTILE, "x-request-id": HOSTILE}
    intake = f"http://127.0.0.1:{platform.port + 1}/v1/events"
    bodies = (
        EVENT | {"test": HOSTILE},
        EVENT | {"test": 7, HOSTILE: HOSTILE},
        EVENT | {"meta": {"stream": HOSTILE, "id": HOSTILE, "domain": HOSTILE}},
        EVENT | {"$schema": HOSTILE},
        HOSTILE,
    )
    statuses = [httpx.post(intake, json=body, headers=headers).status_code for body in bodies]
    statuses.append(httpx.post(intake, content=HOSTILE, headers=headers).status_code)
    assert statuses == [201, 400, 400, 400, 400, 415]
    return found


@pytest.fixture(scope="module")
def person(platform: Platform, browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    complaints: list[str] = []
    page = signed_in(platform, browser, "engineer", complaints, at="/keys")
    page.fill("[name=name]", HOSTILE[:100])
    page.fill("[name=streams]", "test.event " + "l" * 200)
    page.click("text=Make the key")
    yield page, complaints
    page.context.close()


def test_row_24_xss__hostile_text_everywhere__is_text_on_every_page(
    platform: Platform, person: tuple[Page, list[str]], debug_id: str
) -> None:
    page, complaints = person
    wait_until(lambda: "planted" in httpx.get(f"{platform.url}/rejected", timeout=10).text, 20, platform.errors)
    page.goto(f"{platform.url}/rejected")
    groups = [one.get_attribute("href") or "" for one in page.locator(".groups a").all()]
    text = quote(HOSTILE)

    for path in (
        f"/live?id={debug_id}",
        "/live?stream=test.event",
        f"/live?stream={text}&id={text}&kind={text}",
        *(f"/rejected{one}" if one.startswith("?") else one for one in groups),
        f"/rejected?search={text}&stream={text}&service={text}",
        f"/outcomes?service={text}&stream={text}&period={text}",
        f"/sql?stream=test.event&sql={quote(SQL)}",
        f"/services/{quote(HOSTILE, safe='')}",
        f"/keys?q={text}",
        "/keys",
        "/keys/1",
        "/",
    ):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(platform.url + path)
            page.wait_for_timeout(100)
            assert page.evaluate("window.ran") is None, path
            assert (
                page.locator("#planted, main script, main img, a[href^='javascript:'], main [onload], main [onerror]").count()
                == 0
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is wider than {width}"
    assert [one for one in complaints if "404" not in one] == []


def test_row_28_template_injection__text_of_events__is_never_evaluated(
    platform: Platform, person: tuple[Page, list[str]], debug_id: str
) -> None:
    page, _ = person
    page.goto(f"{platform.url}/live?id={debug_id}")

    said = page.locator("#live").inner_text()

    assert "{{7*7}}{% debug %}${7*7}" in said
    assert ">49" not in said.replace("\n", "")
