from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.platform import Platform

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with Platform() as running:
        yield running


# Per module: while Playwright is open its event loop counts as running, and no other test could call asyncio.run.
@pytest.fixture(scope="module")
def browser(service_missing: Callable[[str], NoReturn]) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        service_missing(f"there is no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
