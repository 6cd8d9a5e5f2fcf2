"""Holds the plan of the house: who imports whom, where Django and the environment may appear, how large a file may grow."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("registry", "streamconfig", "intake", "connectors", "processing", "monitoring")
ROOF = {"settings", "urls", "celery"}
SHARED = {"eventplatform"}  # eventlog, env, access …: the roof's own modules, usable by every app

# room → the rooms it may import. Absent from the right side means forbidden.
LADDER: dict[str, set[str]] = {
    "core": set(),
    "panels": {"core"},
    "broker": {"core"},
    "guard": {"core"},
    "registry": {"core", "panels", "roof"},
    "streamconfig": {"core", "panels", "broker", "guard", "registry", "roof"},
    "intake": {"core", "panels", "broker", "guard", "registry", "streamconfig", "roof"},
    "connectors": {"core", "panels", "broker", "guard", "registry", "streamconfig", "roof"},
    "processing": {"core", "panels", "broker", "guard", "registry", "streamconfig", "roof"},
    "monitoring": {
        "core",
        "panels",
        "broker",
        "guard",
        "registry",
        "streamconfig",
        "intake",
        "connectors",
        "processing",
        "roof",
    },
}
# Within an app the outer layer may use the inner ones, never the other way round.
LAYERS = {"models": 0, "services": 1, "lookups": 1, "views": 2, "pages": 2, "tasks": 2, "admin": 2}
PURE_IN_APPS = {
    "registry": {
        "allof",
        "checking",
        "compatibility",
        "compiled",
        "documents",
        "fields",
        "formats",
        "keywords",
        "materialise",
        "references",
        "rendering",
        "repository_files",
        "schema_set",
        "violations",
    },
    "streamconfig": {
        "changes",
        "constraints",
        "document",
        "form_values",
        "merge",
        "php",
        "setting_types",
        "stream_set",
        "streamconfigs",
        "topics",
    },
    "monitoring": {"canary"},
}


@dataclass(frozen=True)
class Module:
    path: Path
    name: str
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        """The room of the plan that the module belongs to; the roof's own modules are `roof`."""
        return room_of(self.name)

    def imports(self) -> Iterator[tuple[str, int]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def room_of(dotted: str) -> str:
    parts = dotted.split(".")
    if parts[0] in APPS:
        return parts[0]
    if parts[0] != "eventplatform":
        return ""
    return parts[1] if len(parts) > 1 and parts[1] in {"core", "broker", "guard", "panels", "embedded", "run"} else "roof"


def product_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    found = [ROOT / name for name in listed] or list(ROOT.glob("*/**/*.py"))
    return [path for path in found if path.exists() and ".venv" not in path.parts and "var" not in path.relative_to(ROOT).parts]


def modules() -> list[Module]:
    result = []
    for path in product_files():
        text = path.read_text()
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        result.append(Module(path, name, ast.parse(text), text.count("\n")))
    return result


MODULES = modules()
PRODUCT = [m for m in MODULES if m.name.split(".")[0] in {*APPS, "eventplatform"}]


def place(module: Module, line: int, text: str) -> str:
    return f"{module.path.relative_to(ROOT)}:{line} {text}"


def ladder_violations(found: list[Module]) -> list[str]:
    wrong = []
    for module in found:
        allowed = LADDER.get(module.room)
        if allowed is None:
            continue
        for name, line in module.imports():
            room = room_of(name)
            if room and room != module.room and room not in allowed:
                wrong.append(place(module, line, f"{module.room} imports {room} ({name})"))
    return wrong


def test_rooms__import_only_below_them() -> None:
    assert ladder_violations(PRODUCT) == []


def test_ladder__planted_violation__bites() -> None:
    planted = Module(ROOT / "registry/x.py", "registry.x", ast.parse("from connectors.models import Target"), 1)

    assert ladder_violations([planted]) == ["registry/x.py:1 registry imports connectors (connectors.models.Target)"]


def test_roof__settings_urls_celery__imported_by_nobody() -> None:
    wrong = [
        place(module, line, name)
        for module in PRODUCT
        if module.room in LADDER
        for name, line in module.imports()
        if name.split(".")[0] == "eventplatform"
        and len(name.split(".")) > 1
        and name.split(".")[1] in ROOF
        and not (module.name.endswith((".tasks", ".schedule")) and name.split(".")[1] == "celery")
    ]

    assert wrong == []


def test_pure_rooms__no_django() -> None:
    wrong = []
    for module in PRODUCT:
        parts = module.name.split(".")
        is_pure = (
            module.room in {"core", "guard"}
            or (module.room in {"broker", "embedded"} and "migrations" not in parts)
            or module.name.startswith(("connectors.sinks", "connectors.sources"))
            or (len(parts) == 2 and parts[1] in PURE_IN_APPS.get(parts[0], set()))
        )
        if is_pure:
            wrong += [
                place(module, line, name)
                for name, line in module.imports()
                if name.split(".")[0] in {"django", "rest_framework"}
            ]

    assert wrong == []


def test_layers__inner_never_imports_outer() -> None:
    wrong = []
    for module in PRODUCT:
        parts = module.name.split(".")
        own = LAYERS.get(parts[1]) if len(parts) > 1 and parts[0] in APPS else None
        if own is None:
            continue
        for name, line in module.imports():
            other = name.split(".")
            layer = LAYERS.get(other[1]) if len(other) > 1 and other[0] == parts[0] else None
            if layer is not None and layer > own:
                wrong.append(place(module, line, name))

    assert wrong == []


def test_environment__read_in_env_only() -> None:
    pattern = re.compile(r"\bos\.(environ|getenv|putenv)\b|from os import .*(environ|getenv)")
    wrong = [
        str(m.path.relative_to(ROOT)) for m in PRODUCT if m.name != "eventplatform.env" and pattern.search(m.path.read_text())
    ]

    assert wrong == []


def test_modules__open_with_one_sentence() -> None:
    product = [m for m in MODULES if "migrations" not in m.name or m.name.endswith("migrations")]
    missing = [
        str(m.path.relative_to(ROOT)) for m in product if not m.name.startswith("tests") and not ast.get_docstring(m.tree)
    ]

    assert missing == []


def test_files__none_above_400_lines() -> None:
    large = [(str(m.path.relative_to(ROOT)), m.lines) for m in MODULES if m.lines > 400]

    assert large == []


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc"])
def test_names__no_room_for_everything(name: str) -> None:
    assert [str(m.path.relative_to(ROOT)) for m in PRODUCT if m.path.stem == name] == []


def test_imports__absolute_only() -> None:
    wrong = [
        place(m, node.lineno, "relative import")
        for m in PRODUCT
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert wrong == []


def test_silenced_checks__have_their_reason() -> None:
    bare = re.compile(r"# (noqa|type: ignore)(: ?[A-Z0-9, ]+|\[[a-z-, ]+\])?\s*$")
    wrong = [
        f"{m.path.relative_to(ROOT)}:{number}"
        for m in MODULES
        for number, line in enumerate(m.path.read_text().splitlines(), 1)
        if bare.search(line)
    ]

    assert wrong == []


def test_todos__carry_an_issue_number() -> None:
    bare = re.compile(r"#.*\b(TODO|FIXME|XXX)\b(?!.*#\d+)")
    wrong = [
        f"{m.path.relative_to(ROOT)}:{number}"
        for m in MODULES
        if m.path != Path(__file__)
        for number, line in enumerate(m.path.read_text().splitlines(), 1)
        if bare.search(line)
    ]

    assert wrong == []
