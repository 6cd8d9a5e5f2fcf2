"""schema-snake-case-properties as the reference checks it: under properties and allOf alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from eventplatform.core.pointers import escape
from registry.guidelines.contract import Fault
from registry.guidelines.reference.javascript import entries, get

_NAME = re.compile(r"[$a-z]+[a-z0-9_]*")


def oddly_named(node: Any, pointer: str = "") -> Iterator[Fault]:
    """Every property whose name the reference's pattern refuses."""
    several = get(node, "allOf")
    for index, child in enumerate(several if isinstance(several, list) else ()):
        yield from oddly_named(child, f"{pointer}/allOf/{index}")
    for name, child in entries(get(node, "properties")):
        place = f"{pointer}/properties/{escape(name)}"
        if not _NAME.fullmatch(name):
            yield Fault(place, f"The name {name[:80]} is not in snake_case.")
        yield from oddly_named(child, place)
