from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser

from tests.e2e.platform import Platform
from tests.e2e.shared import CHROMIUM, Shared

_ROOM = Path(__file__).parent
_shared = Shared()


@pytest.fixture(scope="module")
def platform() -> Platform:
    """One for all modules that leave each other's things alone; a module that steers what others look at starts its own."""
    return _shared.platform()


# Shared within this room only: while Playwright is open its event loop counts as running, and no other test could call
# asyncio.run.
@pytest.fixture(scope="module")
def browser(service_missing: Callable[[str], NoReturn]) -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        service_missing(f"there is no browser at {CHROMIUM}")
    chromium = _shared.browser()
    yield chromium
    for context in chromium.contexts:
        context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that share the platform come last, so that it doesn't run beside a module's own."""
    items.sort(key=lambda item: _is_here(item) and not hasattr(_module(item), "platform"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """End what is shared with the last test of this room."""
    try:
        return (yield)
    finally:
        if nextitem is None or not _is_here(nextitem):
            _shared.close()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    _shared.close()  # after an interrupt no test is torn down


def _module(item: pytest.Item) -> object:
    module = item.getparent(pytest.Module)
    return module and module.obj


def _is_here(item: pytest.Item) -> bool:
    return item.path.is_relative_to(_ROOM)
