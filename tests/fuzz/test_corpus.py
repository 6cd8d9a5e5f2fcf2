"""What the fuzzer found, and some hand-picked inputs, hold now; and a few seconds of new ones."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import inputs
from tests.fuzz.targets import TARGETS

KEPT = [(target, file) for target in TARGETS for file in sorted((inputs.FOUND / target).iterdir())]


@pytest.mark.parametrize(("target", "file"), KEPT, ids=[f"{target}-{file.name}" for target, file in KEPT])
def test_kept_input__breaks_no_rule(target: str, file: Path) -> None:
    TARGETS[target](file.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_fresh_inputs__break_no_rule(target: str) -> None:
    for seed in range(150):
        TARGETS[target](inputs.made(target, Random(seed)))  # noqa: S311  # repeatable on purpose
