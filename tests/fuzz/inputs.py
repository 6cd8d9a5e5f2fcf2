"""Makes inputs for the fuzzer: honest files and events, changed in their structure or in their text, from a seed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from registry.schema import rendering
from tests.fuzz import bodies, targets
from tests.registry import corpus, hostile, schema_mutations

FOUND = Path(__file__).parent / "corpus"
TOKENS = (
    *"{}[]:,-?&*!|>'\"%@`#\\\t\n\r\0\x7f\x85\u2028\ufeff\ud800é😀",
    *(
        "<<: ",
        "*a",
        "&a ",
        "!!str ",
        "!!python/none ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "~",
        "null",
        "true",
        "yes",
        ".nan",
        ".inf",
    ),
    *(
        "1e400",
        "0x1F",
        "010",
        "1_000",
        "1:30",
        "9" * 30,
        "-0",
        "2021-01-01",
        "\\u0000",
        "\\ud800",
        '"$ref"',
        "$ref: '#'",
        "allOf",
    ),
    *(
        "anyOf",
        "oneOf",
        "not",
        "properties",
        "items",
        "required",
        "enum",
        "pattern",
        "format",
        "default",
        "dependencies",
        "$id",
    ),
    *(
        "definitions",
        "examples",
        "const",
        "if",
        "then",
        "x-pii",
        "(a+)+$",
        "(?=a)",
        "[[:alpha:]]",
        r"\p{L}",
        r"\1",
        "http://x/",
    ),
)


def made(target: str, random: Random) -> bytes:
    """One input for a target."""
    return _MADE[target](random)


@cache
def _schemas() -> list[dict[str, Any]]:
    try:
        return [*targets.sample_documents().values(), *corpus.versions().values()]
    except pytest.skip.Exception:  # without the reference's data the samples must do
        return list(targets.sample_documents().values())


@cache
def _found(target: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((FOUND / target).iterdir())]


def _schema(random: Random) -> bytes:
    kind = random.random()
    if kind < 0.1:
        hostile_text = random.choice(list(hostile.CASES.values()))()
        return _changed_text(random, random.choice([*_found("schema"), hostile_text.encode("utf-8", "replace")]))
    fragments = [one for one in targets.sample_documents().values() if "/fragment/" in one["$id"]]
    if kind < 0.4:
        document = schema_mutations.made_up(random, fragments)
    else:
        document = schema_mutations.mutated(random, random.choice(_schemas()), fragments)
    document.setdefault("$schema", "https://json-schema.org/draft-07/schema#")
    if random.random() < 0.2:
        schema_mutations.share(random, document)
    written = rendering.as_yaml(document) if random.random() < 0.5 else json.dumps(document, indent=random.choice((None, 1)))
    text = written.encode("utf-8", "replace")
    return text if random.random() < 0.4 else _changed_text(random, text)


def _event(random: Random) -> bytes:
    if random.random() < 0.1 and _found("event"):
        return _changed_text(random, random.choice(_found("event")))
    schemas = list(targets.sample_documents().values())
    number = random.randrange(len(schemas))
    given = schemas[number].get("examples") or [{}]
    event = copy.deepcopy(random.choice(given))
    event["$schema"] = schemas[number]["$id"]
    event.setdefault("meta", {})["stream"] = f"fuzz.{number}"
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        place = random.choice(list(schema_mutations.objects(event)))
        place[random.choice([*place, *schema_mutations.FIELDS])] = schema_mutations.value(random)
    body = json.dumps(event if random.random() < 0.7 else [event] * random.randint(0, 3)).encode()
    return body if random.random() < 0.4 else _changed_text(random, body)


def _body(random: Random) -> bytes:
    if random.random() < 0.1:
        return _changed_text(random, random.choice(_found("body")))
    return bodies.made(random, _changed_text)


_MADE: dict[str, Callable[[Random], bytes]] = {"schema": _schema, "event": _event, "body": _body}


def _changed_text(random: Random, data: bytes) -> bytes:
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(data))
        length = random.choice((1, 1, 2, 8, 64))
        kind = random.randrange(6)
        if kind == 0:
            data = data[:at] + data[at + length :]
        elif kind == 1:
            data = data[:at] + random.choice(TOKENS).encode("utf-8", "surrogatepass") + data[at:]
        elif kind == 2:
            data = data[:at] + random.randbytes(length % 4 + 1) + data[at + 1 :]
        elif kind == 3:
            data = data[:at] + data[at : at + length] * random.choice((2, 3, 50)) + data[at + length :]
        elif kind == 4:
            lines = data.split(b"\n")
            lines.insert(random.randrange(len(lines)), random.choice(lines))
            data = b"\n".join(lines)
        else:
            other = random.randint(0, len(data))
            data = data[:at] + data[other : other + length * 8] + data[at:]
    return data
