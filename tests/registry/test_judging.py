"""Judging a version costs what its file is worth, however much is wrong with it."""

from __future__ import annotations

import json
import time
from datetime import date

import pytest

from registry import judging
from registry.guidelines import lint
from registry.importing import Checked, silent
from registry.models import Repository
from registry.schema import checking, documents
from registry.schema.materialise import Materialiser
from registry.schema.repository_files import VersionFile
from tests.registry import hostile

pytestmark = pytest.mark.django_db


def checked(text: str) -> Checked:
    file = VersionFile("hostile/1.0.0.yaml", "1.0.0", is_json=False, text=text, raw_hash="")
    return Checked(file, checking.check(checking.read(file), Materialiser(hostile.OTHERS.get)))


def test_findings__thousands_in_one_file__cheap_and_the_first_hundred_told() -> None:
    repository = Repository(name="hostile", profile="strict", compatibility="NONE")
    one = checked(hostile.yaml("title: hostile\nproperties:\n" + "".join(f"  P{n}: {{}}\n" for n in range(3_500))))

    started = time.process_time()
    found = list(judging.findings_of(repository, [one], silent))

    assert time.process_time() - started < 5
    assert len(found) == 100
    assert {problem.line for problem in found} - {1}


def test_lines_of__many_places__one_reading() -> None:
    text = json.dumps({"properties": {f"p{n}": {"type": "string"} for n in range(3_000)}}, indent=1)

    started = time.process_time()
    line_of = documents.lines_of(text)
    lines = [line_of(f"/properties/p{n}/type") for n in range(3_000)]

    assert time.process_time() - started < 3  # read once for each place it took a minute
    assert lines == [4 + 3 * n for n in range(3_000)]


def test_lint__thousands_of_unknown_keywords__cheap() -> None:
    document = {"$id": "/a/b/1.0.0", "properties": {"x": {f"mxLength{n}": 1 for n in range(3_900)}}}

    started = time.process_time()
    found = lint(document, today=date(2026, 1, 1))

    assert time.process_time() - started < 1
    assert sum(one.code == "SCHEMA-KEYWORDS" for one in found) == 3_900
