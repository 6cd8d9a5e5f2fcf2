"""Schema files that mean harm: each is to be refused with its reason, and cheaply."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

HEAD = '$schema: "https://json-schema.org/draft-07/schema#"\n$id: /hostile/1.0.0\ntype: object\n'
Files = dict[str, Any]


def yaml(body: str) -> str:
    return HEAD + body


def schema(**keywords: Any) -> str:
    """Written as JSON, which is YAML too."""
    return json.dumps({"$schema": "https://json-schema.org/draft-07/schema#", "$id": "/hostile/1.0.0", **keywords})


def of_pattern(pattern: str) -> str:
    return schema(properties={"x": {"type": "string", "pattern": pattern}})


def _laughs(times: int, deep: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * times)}]" for n in range(1, deep)]
    return yaml("\n".join(lines))


def _chain(length: int) -> str:
    return yaml("a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, length)))


def _nested(keyword: str, depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        inner = {keyword: {"x": inner}} if keyword == "properties" else {keyword: inner}
    return inner


def _doubling(count: int) -> dict[str, Any]:
    both = {n: {"properties": {side: {"$ref": f"#/definitions/d{n - 1}"} for side in "ab"}} for n in range(1, count)}
    return {"d0": {"type": "string"}} | {f"d{n}": schema for n, schema in both.items()}


def _parts(count: int, width: int) -> list[dict[str, Any]]:
    return [{"properties": {f"p{n}": {"maxLength": part} for n in range(width)}} for part in range(count)]


def _branches(groups: int, width: int) -> list[dict[str, Any]]:
    return [{"anyOf": [{"maxLength": group * width + n} for n in range(width)]} for group in range(groups)]


# In other files of the repository, for those that need them.
OTHERS: Files = {
    "/circle/a/1.0.0": {"$id": "/circle/a/1.0.0", "properties": {"x": {"$ref": "/circle/b/1.0.0"}}},
    "/circle/b/1.0.0": {"$id": "/circle/b/1.0.0", "properties": {"x": {"$ref": "/circle/c/1.0.0"}}},
    "/circle/c/1.0.0": {"$id": "/circle/c/1.0.0", "properties": {"x": {"$ref": "/circle/a/1.0.0"}}},
    **{
        f"/double/d{n}/1.0.0": {
            "$id": f"/double/d{n}/1.0.0",
            "properties": {side: {"$ref": f"/double/d{n - 1}/1.0.0"} if n else {"type": "string"} for side in "ab"},
        }
        for n in range(40)
    },
}

CASES: dict[str, Callable[[], str]] = {
    "a billion laughs": lambda: _laughs(9, 12),
    "a chain of aliases": lambda: _chain(3_000),
    "an alias within its own anchor": lambda: yaml("a: &x [*x]"),
    "a megabyte of [": lambda: "[" * 1_000_000,
    "200 kilobytes of [": lambda: "[" * 200_000,
    "200 kilobytes of {": lambda: "{" * 200_000,
    "200 kilobytes of {a:": lambda: "{a: " * 50_000,
    "200 kilobytes of - ": lambda: "- " * 100_000,
    "200 kilobytes of ? ": lambda: "? " * 100_000,
    "200 kilobytes of &": lambda: yaml("a: " + "&a " * 60_000),
    "200 kilobytes of !": lambda: yaml("a: " + "! " * 60_000),
    "thousands of directives": lambda: "".join(f"%TAG !a{n}! tag:x\n" for n in range(12_000)) + "---\na: 1",
    "thousands of documents": lambda: "--- a\n" * 40_000,
    "thousands of comments": lambda: "# x\n" * 60_000,
    "thousands of anchors": lambda: yaml("\n".join(f"a{n}: &b{n} x" for n in range(15_000))),
    "blank lines without end": lambda: "\n" * 249_000,
    "one long key": lambda: "x" * 200_000,
    "one long quoted text with escapes": lambda: yaml('a: "' + "\\n" * 100_000),
    "a folded text of many lines": lambda: yaml("a: >\n" + "  x\n\n" * 40_000 + "b: ["),
    "a hundred thousand keys": lambda: "\n".join(f"k{n}: x" for n in range(100_000)),
    "twenty thousand keys": lambda: yaml("\n".join(f"k{n}: x" for n in range(20_000))),
    "twenty thousand properties": lambda: schema(properties={f"k{n}": {} for n in range(15_000)}),
    "a huge enum": lambda: schema(enum=[f"v{n}" for n in range(20_000)]),
    "a huge required": lambda: schema(required=[f"v{n}" for n in range(20_000)]),
    "a number of 100,000 digits": lambda: yaml("maxLength: " + "9" * 100_000),
    "a hexadecimal number of 100,000 digits": lambda: yaml("maxLength: 0x" + "f" * 100_000),
    "a sexagesimal number of 50,000 parts": lambda: yaml("maxLength: 1" + ":59" * 50_000),
    "a number beyond doubles": lambda: yaml("maxLength: 1e999"),
    "not a number": lambda: yaml("maxLength: .nan"),
    "nested deeply in flow": lambda: yaml("a: " + "[" * 70 + "]" * 70),
    "nested deeply in properties": lambda: schema(**_nested("properties", 60)),
    "nested deeply in items": lambda: schema(**_nested("items", 100)),
    "nested deeply in not": lambda: schema(**_nested("not", 100)),
    "duplicate keys": lambda: yaml("title: x\ntitle: y"),
    "NUL": lambda: yaml('title: "\\0"'),
    "NUL itself": lambda: yaml("title: x\0"),
    "half a surrogate pair": lambda: yaml('title: "\\ud800"'),
    "merge keys of no mappings": lambda: yaml("a: {<<: 1}"),
    "merge keys without end": lambda: yaml("a: &a {b: 1}\nc:\n" + "  <<: *a\n" * 10_000),
    "merges that double": lambda: yaml(
        "a0: &a0 {x: 1}\n" + "\n".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], k{n}: 1}}" for n in range(1, 60))
    ),
    "a tag that makes objects": lambda: yaml("a: !!python/object/apply:os.system ['true']"),
    "references that double": lambda: schema(definitions=_doubling(40), properties={"x": {"$ref": "#/definitions/d39"}}),
    "references to files that double": lambda: schema(properties={"x": {"$ref": "/double/d39/1.0.0"}}),
    "references in a circle through three files": lambda: schema(properties={"x": {"$ref": "/circle/a/1.0.0"}}),
    "references straight in a circle": lambda: schema(
        definitions={"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        properties={"x": {"$ref": "#/definitions/a"}},
    ),
    "a reference to the whole": lambda: schema(properties={"x": {"$ref": "#"}}),
    "a thousand references to a large place": lambda: schema(
        definitions={"d": {"enum": list(range(500))}}, properties={f"p{n}": {"$ref": "#/definitions/d"} for n in range(1_000)}
    ),
    "a thousand references in the examples": lambda: schema(
        examples=[[{"$ref": "#/definitions"} for _ in range(1_000)]], definitions={"d": {"enum": list(range(500))}}
    ),
    "a reference to another machine": lambda: schema(properties={"x": {"$ref": "http://127.0.0.1:1/x"}}),
    "allOf of many parts": lambda: schema(allOf=_parts(300, 2)),
    "allOf of many parts that say the same fields": lambda: schema(allOf=_parts(36, 30)),
    "allOf of branches, each with each": lambda: schema(allOf=_branches(12, 8)),
    "allOf of enums, each with each": lambda: schema(
        allOf=[{"enum": [f"{n}-{part}" for n in range(500)] + ["x"]} for part in range(5)],
        properties={"$x": {"$ref": "/no/1.0.0"}},
    ),
    "allOf in allOf in allOf": lambda: schema(**_all_of(30)),
    "thousands of branches": lambda: schema(anyOf=[{"const": n} for n in range(1_900)], type="wrong"),
    "a type that is none, thousands of times": lambda: schema(properties={f"p{n}": {"type": "wrong"} for n in range(1_400)}),
    "keywords of the wrong kind, thousands of times": lambda: schema(
        properties={f"p{n}": {"maxLength": "x"} for n in range(1_400)}
    ),
    "look-ahead": lambda: of_pattern("^(?=a)a"),
    "look-behind": lambda: of_pattern("(?<!a)b"),
    "a back-reference": lambda: of_pattern(r"(a)\1"),
    "repetitions of repetitions": lambda: of_pattern("(a{1000}){1000}"),
    "repetitions of repetitions of anything": lambda: of_pattern(r"(.{100}){100}"),
    "a large repetition of any letter": lambda: of_pattern(r"^[\p{L}]{1000}$"),
    "a pattern of 100 kilobytes": lambda: of_pattern("(a|b)" * 20_000),
    "a pattern nested deeply": lambda: of_pattern("(" * 5_000 + "a" + ")" * 5_000),
    "a thousand costly patterns": lambda: schema(
        properties={f"p{n}": {"pattern": rf"^.{{1,{n + 200}}}$"} for n in range(1_000)}
    ),
    "a thousand costly patterns of names": lambda: schema(patternProperties={rf"^{n}\w{{1,60}}$": True for n in range(1_000)}),
    "an unfinished pattern": lambda: of_pattern("(a"),
    "aliases of a long text": lambda: yaml(
        f"description: &a {'x' * 100_000}\nproperties:\n" + "".join(f"  p{n}: {{description: *a}}\n" for n in range(1_800))
    ),
    "references to a long text": lambda: schema(
        definitions={"d": {"description": "x" * 100_000}},
        properties={f"p{n}": {"$ref": "#/definitions/d"} for n in range(1_900)},
    ),
    "references to a long text in the examples": lambda: schema(
        definitions={"d": {"description": "x" * 100_000}}, examples=[[{"$ref": "#/definitions/d"}] * 2_500]
    ),
    "references to many fields, many times": lambda: schema(
        definitions={"d": {"properties": {f"p{n}": {} for n in range(100)}}},
        properties={f"p{n}": {"$ref": "#/definitions/d"} for n in range(100)},
    ),
    "a long key above many": lambda: schema(properties={"a" * 100_000: {"properties": {f"p{n}": {} for n in range(3_500)}}}),
    "a long key as YAML writes it": lambda: yaml(
        "? " + "a" * 100_000 + "\n:\n" + "".join(f"  p{n}: {{}}\n" for n in range(3_500))
    ),
}


def _all_of(deep: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"properties": {f"p{n}": {"$ref": "/no/such/1.0.0"} for n in range(9)}}
    for level in range(deep):
        inner = {"allOf": [inner, {"maxLength": level}], "properties": {"x": {"maxLength": level}}}
    return inner
