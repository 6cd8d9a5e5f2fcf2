"""Puts the platform's pure modules that the command needs into the wheel: found by following imports, none named by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = "eventschemas/_platform"
_ROOMS = ("registry", "eventplatform")


class PlatformModules(BuildHookInterface):  # type: ignore[type-arg]  # its configuration type is hatchling's own affair
    """Adds each needed file at the place from which `eventschemas/__init__.py` makes it importable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        here = Path(self.root)
        root = here.parent.parent
        for file in needed(here / "eventschemas", root):
            build_data["force_include"][str(file)] = f"{SHIPPED}/{file.relative_to(root).as_posix()}"


def needed(command: Path, root: Path) -> list[Path]:
    """The files below `root` that the command's files import, directly or not, with the packages they lie in."""
    found: set[Path] = set()
    waiting = list(command.rglob("*.py"))
    while waiting:
        for file in _imports(waiting.pop(), root):
            if file not in found:
                found.add(file)
                waiting.append(file)
    return sorted(found)


def _imports(file: Path, root: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] in _ROOMS:
                yield from _files(name, root)


def _files(dotted: str, root: Path) -> Iterator[Path]:
    """The module's file and the `__init__.py` of each package around it."""
    parts = dotted.split(".")
    for end in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:end])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file
