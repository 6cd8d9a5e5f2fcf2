"""Every kind of trouble that any code tells is declared, and each declaration says something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.alerts import kinds

ROOT = Path(__file__).resolve().parents[3]
APPS = ("registry", "streamconfig", "intake", "connectors", "processing", "monitoring")
# Of kinds whose end is made at run time: the ends that there are.
MADE = {
    "part.": ("intake", "log", "spool", "workers"),
    "connector.": ("stopped", "retrying"),
    "traffic.": ("silent", "low", "high"),
    "key.": ("unreadable", "old_pepper", "ends_soon", "used_after_rotation", "used_after_end"),
}
AREAS = "|".join(sorted({code.partition(".")[0] for code in kinds.KINDS}))


def tellers() -> Iterator[tuple[Path, ast.Module, ast.Call]]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            tree = ast.parse(path.read_text())
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Trouble":
                    yield path, tree, node


TELLERS = [*tellers()]


def test_tellers__are_found() -> None:
    assert len(TELLERS) > 20


def test_trouble__told_by_any_code__names_its_kind_and_subject() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, _, call in TELLERS
        if not {"kind", "subject"} <= {one.arg for one in call.keywords}
    ]

    assert wrong == []


def test_trouble__its_kind__is_declared() -> None:
    wrong = []
    for path, tree, call in TELLERS:
        kind = next((one.value for one in call.keywords if one.arg == "kind"), None)
        # Where a variable names it, every word of that module that looks like one counts.
        where = tree if isinstance(kind, ast.Name | ast.Attribute) else kind
        words = {node.value for node in ast.walk(where or tree) if isinstance(node, ast.Constant)}
        kinds_named = {word for word in words if isinstance(word, str) and re.fullmatch(rf"({AREAS})\.[a-z_]*", word)}
        wrong += [f"{path.relative_to(ROOT)}: {one}" for one in kinds_named if one not in kinds.KINDS and one not in MADE]

    assert wrong == []


@pytest.mark.parametrize("code", [prefix + end for prefix, ends in MADE.items() for end in ends])
def test_kind__made_at_run_time__is_declared(code: str) -> None:
    assert code in kinds.KINDS


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.code)
def test_kind__says__what_it_means_where_to_look_and_what_mends_it(kind: kinds.Kind) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", kind.code)
    assert len(kind.title) > 10
    assert not kind.title.endswith(".")
    assert kind.severity in {"critical", "warning", "info"}
    for text in (kind.means, *kind.look, *kind.mend):
        assert len(text) > 10
        assert text.endswith(".")
        assert "  " not in text


def test_holds__name_kinds_that_are_declared_and_make_no_circle() -> None:
    for above, below in kinds.HOLDS.items():
        assert above in kinds.KINDS
        for one in below:
            held = [code for code in kinds.KINDS if code.startswith(one)]
            assert held, one
            assert not any(kinds.held_by(above, [code]) for code in held if code in kinds.HOLDS), (above, one)
