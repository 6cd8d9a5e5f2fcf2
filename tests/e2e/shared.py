"""What browser tests share because its start is costly: a running platform and a browser."""

from __future__ import annotations

from contextlib import ExitStack

from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.e2e.platform import Platform

CHROMIUM = "/usr/bin/chromium"


class Shared:
    """Starts each when a test first asks for it; who holds this ends both when no browser test follows."""

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._open = ExitStack()

    def platform(self) -> Platform:
        """The platform that is already running, or a fresh one."""
        if self._platform is None:
            self._platform = self._open.enter_context(Platform())
        return self._platform

    def browser(self) -> Browser:
        """The browser, empty; one that crashed is followed by another."""
        if self._playwright is None:
            self._playwright = self._open.enter_context(sync_playwright())
        if self._browser is None or not self._browser.is_connected():
            chromium = self._playwright.chromium
            self._browser = chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            self._open.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        """End both; whoever asks again starts them anew."""
        self._platform = self._playwright = self._browser = None
        self._open.close()
