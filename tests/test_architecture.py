"""Holds the plan of the house: who imports whom, where Django and the environment may appear, how large a file may grow."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house_plan import APPS, LADDER, LAYERS, OPEN_TO_COMMANDS, OPEN_TO_OTHERS, PURE_IN_APPS

ROOT = Path(__file__).resolve().parent.parent


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


def is_pure(name: str) -> bool:
    parts = name.split(".")
    if "migrations" in parts:
        return False
    return room_of(name) in {"core", "guard", "broker", "embedded"} or (
        not PURE_IN_APPS.get(parts[0], set()).isdisjoint({".".join(parts[1:2]), ".".join(parts[1:3])})
    )


def roof_violations(found: list[Module]) -> list[str]:
    """Who imports settings, addresses or the Celery application; tasks alone need the last one."""
    return [
        place(module, line, name)
        for module in found
        for name, line in module.imports()
        if re.match(r"eventplatform\.(settings|urls|celery)\b", name)
        and not (module.name.endswith((".tasks", ".schedule")) and "celery" in name)
    ]


def purity_violations(found: list[Module]) -> list[str]:
    """Where a pure module imports Django, or a module of its own app that is not pure."""
    wrong = []
    for module in found:
        own = module.name.split(".")[0]
        for name, line in module.imports() if is_pure(module.name) else ():
            target = name.split(".")
            is_impure_own = own in APPS and target[0] == own and len(target) > 1 and not is_pure(name)
            if target[0] in {"django", "rest_framework"} or is_impure_own:
                wrong.append(place(module, line, name))
    return wrong


def opening_violations(found: list[Module]) -> list[str]:
    """Where an app reaches behind another's lookups; a management command may call its services and read files as it does."""
    wrong = []
    for module in found:
        own = module.name.split(".")[0]
        for name, line in module.imports() if own in APPS else ():
            target = name.split(".")
            if target[0] not in APPS or target[0] == own:
                continue
            named = set(target[1:3])  # an app's module, or one of a package in it
            is_open = named & OPEN_TO_OTHERS or (named & OPEN_TO_COMMANDS and ".management." in module.name)
            if not is_open:
                wrong.append(place(module, line, name))
    return wrong


def environment_violations(found: list[Module]) -> list[str]:
    """Where the process environment is read outside env.py, by whatever name `os` was imported."""
    words = {"environ", "environb", "getenv", "putenv"}
    wrong = []
    for module in found:
        for node in ast.walk(module.tree) if module.name != "eventplatform.env" else ():
            is_attribute = isinstance(node, ast.Attribute) and node.attr in words
            is_import = isinstance(node, ast.ImportFrom) and node.module == "os" and bool({a.name for a in node.names} & words)
            if is_attribute or is_import:
                wrong.append(place(module, getattr(node, "lineno", 0), "environment"))
    return wrong


def dynamic_violations(found: list[Module]) -> list[str]:
    """Imports by a string would go round every other rule; the catalog of connectors alone finds its kinds so."""
    return [
        place(module, node.lineno, "import by name")
        for module in found
        if module.name != "connectors.catalog"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "import_module", "__import__"}
    ]


def layer_violations(found: list[Module]) -> list[str]:
    """Where an inner layer of an app imports an outer one."""
    wrong = []
    for module in found:
        parts = module.name.split(".")
        own = LAYERS.get(parts[1]) if len(parts) > 1 and parts[0] in APPS else None
        for name, line in module.imports() if own is not None else ():
            other = name.split(".")
            layer = LAYERS.get(other[1]) if len(other) > 1 and other[0] == parts[0] else None
            if layer is not None and own is not None and layer > own:
                wrong.append(place(module, line, name))
    return wrong


RULES = [
    ladder_violations,
    roof_violations,
    purity_violations,
    opening_violations,
    environment_violations,
    dynamic_violations,
    layer_violations,
]


@pytest.mark.parametrize("rule", RULES)
def test_rule__product__holds(rule: Callable[[list[Module]], list[str]]) -> None:
    assert rule(PRODUCT) == []


@pytest.mark.parametrize(
    ("rule", "name", "line"),
    [
        (ladder_violations, "registry.x", "from connectors.models import Target"),
        (ladder_violations, "eventplatform.run.x", "import registry.lookups"),
        (roof_violations, "eventplatform.eventlog", "from eventplatform.settings import DEBUG"),
        (roof_violations, "registry.x", "import eventplatform.urls"),
        (purity_violations, "eventplatform.core.x", "import django"),
        (purity_violations, "connectors.mapping.x", "from django.conf import settings"),
        (purity_violations, "connectors.sinks.files", "from connectors.models import Target"),
        (purity_violations, "registry.schema.checking", "from registry.models import Repository"),
        (opening_violations, "monitoring.x", "from connectors.models import Lease"),
        (opening_violations, "monitoring.x", "from connectors import services"),
        (opening_violations, "streamconfig.services", "from registry import drafting"),
        (environment_violations, "registry.x", "import os as o\nprint(o.environ)"),
        (environment_violations, "registry.x", "from os import getenv"),
        (dynamic_violations, "registry.x", "import importlib\nimportlib.import_module('connectors.models')"),
        (layer_violations, "registry.services", "from registry.management.commands import x"),
        (layer_violations, "registry.models", "from registry.services import x"),
    ],
)
def test_rule__planted_violation__bites(rule: Callable[[list[Module]], list[str]], name: str, line: str) -> None:
    planted = Module(ROOT / (name.replace(".", "/") + ".py"), name, ast.parse(line), 1)

    assert len(rule([planted])) == 1


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
