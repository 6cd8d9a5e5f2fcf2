"""Values as JavaScript writes them, held against Node where it is installed."""

from __future__ import annotations

import json
import math
import random
import shutil
import struct
import subprocess
from typing import Any

import pytest

from eventplatform.core import javascript
from tests.oracles.node import absent


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (100.0, "100"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e21, "1.25e+21"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (5e-324, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_number__float__fewest_digits(value: float, written: str) -> None:
    assert javascript.number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("text", "text"),
        (5, "5"),
        (1.0, "1"),
        (None, "null"),
        (True, "true"),
        ({}, "[object Object]"),
        ([1, None, ["a"]], "1,,a"),
    ],
)
def test_text__in_a_template__as_javascript_puts_it(value: Any, written: str) -> None:
    assert javascript.text(value) == written


def test_stringify__keys_that_are_numbers__come_first() -> None:
    document = {"b": 1, "10": {"z": 1, "0": 2}, "2": 3, "01": 4, "4294967295": 5}

    assert javascript.stringify(document) == b'{"2":3,"10":{"0":2,"z":1},"b":1,"01":4,"4294967295":5}'


def test_stringify__floats_and_texts__as_node_writes_them() -> None:
    node = shutil.which("node")
    if node is None:
        absent("node is not installed")
    chance = random.Random(6)  # noqa: S311  # a test's choices, the same each time
    floats = [struct.unpack("d", chance.randbytes(8))[0] for _ in range(2000)]
    numbers = [x for x in floats if math.isfinite(x)] + [
        chance.uniform(0, 1) * 10 ** chance.randint(-9, 24) for _ in range(2000)
    ]
    texts = ["".join(chr(chance.choice((chance.randrange(128), chance.randrange(0x2000, 0x2100)))) for _ in range(9))]
    given = json.dumps([numbers, texts])

    script = "process.stdout.write(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8'))))"
    written = subprocess.run([node, "-e", script], input=given.encode(), capture_output=True, check=True).stdout

    assert javascript.stringify(json.loads(given)) == written
