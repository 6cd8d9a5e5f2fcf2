"""The codes of errors, which clients tell errors apart by."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator

from eventplatform import env
from eventplatform.core.errors import FatalError, PlatformError, RejectedError, RetriableError

ROOMS = ("eventplatform", "registry", "streamconfig", "intake", "connectors", "processing", "monitoring")
FAMILIES = {RetriableError, RejectedError, FatalError}


def subclasses(kind: type[PlatformError]) -> Iterator[type[PlatformError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def test_codes__all_errors_of_the_product__each_has_its_own() -> None:
    for room in ROOMS:
        for module in pkgutil.walk_packages([str(env.ROOT / room)], f"{room}."):
            if ".migrations" not in module.name and not module.name.endswith(("__main__", "asgi", "wsgi")):
                importlib.import_module(module.name)

    bearers: dict[str, set[str]] = defaultdict(set)
    for error in set(subclasses(PlatformError)) - FAMILIES:
        if error.__module__.split(".")[0] in ROOMS:
            named = next(kind for kind in error.__mro__ if "code" in vars(kind))  # a special case may keep its parent's
            bearers[error.code].add(f"{named.__module__}.{named.__qualname__}")

    assert len(bearers) > 50
    assert not any(name.startswith(PlatformError.__module__) for names in bearers.values() for name in names)
    assert {code: names for code, names in bearers.items() if len(names) > 1} == {}
