"""What a call of the JavaScript client's `submit()` costs in Chromium: `make bench-client-js`.

Runs of 10,000 calls in one page, alternated over the cases, with what a page would do by hand beside them. The page's own
network answers, since only the caller's time counts. Microseconds per call: the least and the median of the rounds.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
CALLS, ROUNDS = 10_000, 7
WANTED = 20.0

CONFIG = {
    "contract": 1,
    "revision": 17,
    "refresh_seconds": 60,
    "intakes": {"analytics-external": "https://garden.example.org/intake"},
    "streams": {
        "ui.button_click": {
            "schema": "/ui/button_click/1.2.0",
            "service": "analytics-external",
            "sample": {"unit": "session", "rate": 0.5},
            "changes": [],
            "heeds": ["gpc"],
            "fields": [
                *("meta.id", "meta.domain", "dt", "instrument_name", "sample.unit", "sample.rate", "sample.revision"),
                *("funnel_name", "funnel_event_sequence_position", "browser.pageview_id", "browser.session_id"),
                *("browser.page_path", "browser.viewport_width_px", "browser.language"),
            ],
            "curation": None,
        }
    },
    "instruments": {
        "navigation-clicks": {
            "stream": "ui.button_click",
            "sample": {"unit": "session", "rate": 0.2},
            "changes": [],
            "audience": None,
            "fields": ["page.id", "page.namespace_id"],
        }
    },
}

# Each case is a function of one call; `in` and `out` are sessions in and out of sample.
CASES = {
    "instrument, in sample": "(e) => within.clicks.submit(e)",
    "instrument, in sample, context of a page": "(e) => context.clicks.submit(e)",
    "stream, in sample": "(e) => within.events.submit('ui.button_click', e)",
    "instrument, out of sample": "(e) => without.clicks.submit(e)",
    "instrument that isn't configured": "(e) => within.none.submit(e)",
    "by hand: JSON.stringify of a whole event": "(e) => { sink += JSON.stringify(byHand(e)).length; }",
    "by hand: sendBeacon of it": "(e) => navigator.sendBeacon('/intake', JSON.stringify(byHand(e)))",
}

SETUP = """config => {
    const made = (session, options) => {
        const events = eventplatform.connect(location.origin, {config, consent: true, ids: {session}, linger: 1e6, ...options});
        return {events, clicks: events.instrument("navigation-clicks"), none: events.instrument("nobody-s")};
    };
    window.within = made("00000001000000000000");
    window.without = made("fffffffe000000000000");
    window.context = made("00000001000000000000", {context: {page: {id: 42, namespace_id: 0}}});
    window.sink = 0;
    window.byHand = (event) => ({
        ...event, $schema: "/ui/button_click/1.2.0", dt: new Date().toISOString(),
        meta: {stream: "ui.button_click", domain: location.hostname, id: crypto.randomUUID()},
        instrument_name: "navigation-clicks", sample: {unit: "session", rate: 0.2, revision: 17},
        browser: {pageview_id: "90ab12cd34ef56789012", session_id: "00000001000000000000",
                  page_path: location.pathname, viewport_width_px: innerWidth, language: navigator.language},
    });
}"""

RUN = """async ([source, calls]) => {
    const act = new Function("return " + source)();
    const event = {button_name: "save", position: "header"};
    const begun = performance.now();
    for (let call = 0; call < calls; call++) act(event);
    const took = performance.now() - begun;
    await new Promise(resolve => setTimeout(resolve, 300));  // beacons in flight leave no room for keepalive requests
    while (!(await Promise.all([within, without, context].map(one => one.events.flush()))).every(Boolean));
    return took * 1000 / calls;
}"""


def main() -> int:
    """Measure and print; 1 where a call is dearer than wanted."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        found = _measured(_page(chromium.new_page()))
        chromium.close()
    base = statistics.median(found["by hand: JSON.stringify of a whole event"])
    print(f"| {CALLS:,} calls | least µs | median µs | of stringify |\n|---|--:|--:|--:|")
    for name, took in found.items():
        print(f"| {name} | {min(took):.1f} | {statistics.median(took):.1f} | {statistics.median(took) / base:.1f} |")
    dearest = max(statistics.median(took) for name, took in found.items() if not name.startswith("by hand"))
    return int(dearest > WANTED)


def _page(page: Page) -> Page:
    """A page of a site that exists only here; its intake takes everything."""
    script = (ROOT / "clients/javascript/dist/eventplatform.js").read_text()
    html = f"<!doctype html><title>Garden</title><script>{script}</script>"
    page.route("**/*", lambda route: route.fulfill(status=201))
    page.route("**/page", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("https://garden.example.org/page")
    page.evaluate(SETUP, CONFIG)
    return page


def _measured(page: Page) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, source in CASES.items():
            # sendBeacon refuses beyond its 64 KiB; what is measured is the call, taken or not.
            arguments: list[Any] = [source, CALLS]
            found[name].append(page.evaluate(RUN, arguments))
    print(json.dumps(page.evaluate("[within.events.stats(), context.events.stats()]")), file=sys.stderr)
    return found


if __name__ == "__main__":
    sys.exit(main())
