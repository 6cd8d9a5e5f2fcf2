"""The sentences of V8 about texts that are no JSON, held against Node 20 where it is installed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from intake.profiles import v8_json
from tests.oracles.node import absent

BASES = (
    '{"a":1,"b":[true,false,null,"x\\u00e9\\n"],"c":{"d":-1.5e+3,"e":[]}}',
    '[1,2,{"k":"v"},[[]],0.25,""]',
    '{"meta":{"stream":"test.event"},"test":"héllo"}',
    '{"a":"\\ud83d\\ude00 😀"}',
)
LETTERS = '{}[],:"\\0123456789.eE+-tfnuabc \n\t\x01éN#/'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "Expected property name or '}' in JSON at position 1"),
        ('{"a": NaN}', 'Unexpected token \'N\', "{"a": NaN}" is not valid JSON'),
        ('{"a":1,}', "Expected double-quoted property name in JSON at position 7"),
        ("5", "Unexpected token '5', \"5\" is not valid JSON"),
        ('"text"', 'Unexpected token \'"\', ""text"" is not valid JSON'),
        ("null", "Unexpected token 'n', \"null\" is not valid JSON"),
        (" \n ", "Unexpected end of JSON input"),
        ("[" * 4000, "Unexpected end of JSON input"),
        ('{"a":' * 600, "Unexpected end of JSON input"),
        ('{"a":1}', ""),
        ("[" * 20_000, ""),  # not looked into
    ],
)
def test_explain__text__v8s_sentence(text: str, sentence: str) -> None:
    assert v8_json.explain(text.encode()) == sentence


def test_explain__thousands_of_broken_texts__as_node_says() -> None:
    node = shutil.which("node")
    if node is None:
        absent("node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("v20."):
        pytest.skip(f"another Node has other sentences: {version.strip()}")
    chance = random.Random(6)  # noqa: S311  # a test's choices, the same each time
    given = [broken(chance) for _ in range(3000)]

    script = """
      const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      const said = text => { try { JSON.parse(text); return '' } catch (error) { return error.message } };
      process.stdout.write(JSON.stringify(texts.map(said)));
    """
    answer = subprocess.run([node, "-e", script], input=json.dumps(given).encode(), capture_output=True, check=True).stdout

    ours = [v8_json.explain(text.encode()) for text in given]
    assert [pair for pair in zip(given, ours, json.loads(answer), strict=True) if pair[1] != pair[2]] == []


def broken(chance: random.Random) -> str:
    """A text that begins as an object or an array, and was spoilt after that."""
    text = chance.choice(BASES)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(1, len(text) + 1)
        spoilt = chance.choice((text[:at] + text[at + 1 :], text[:at] + chance.choice(LETTERS) + text[at:], text[:at]))
        text = spoilt
    return text
