"""Reference pages say what the code says, and no page has a broken link."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def build_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "deploy/build_docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference__matches_the_code(build_docs: ModuleType) -> None:
    stale = [path.name for path, text in build_docs.pages().items() if not path.exists() or path.read_text() != text]

    assert stale == [], "run `make docs`"


def test_links__lead_somewhere(build_docs: ModuleType) -> None:
    assert build_docs.broken_links() == []


def test_guarantees__each_named_test__exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/guarantees.md").read_text()))
    defined = {name for path in ROOT.glob("tests/**/*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}

    assert named
    assert named - defined == set()
