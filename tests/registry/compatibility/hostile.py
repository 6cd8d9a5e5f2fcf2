"""Pairs made to cost much: each within what the reader of documents lets pass (50,000 values, 64 levels)."""

from __future__ import annotations

from typing import Any


def _nested_forms(depth: int, width: int, leaf: dict[str, Any]) -> Any:
    if not depth:
        return leaf
    return {"anyOf": [_nested_forms(depth - 1, width, {**leaf, "minLength": index}) for index in range(width)]}


def _deep(keyword: str, levels: int, leaf: Any) -> Any:
    made = leaf
    for _ in range(levels):
        made = {keyword: {"a": made}} if keyword in ("properties", "dependencies") else {keyword: made}
    return made


def pairs() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By name, old and new."""
    text, number = {"type": "string"}, {"type": "number"}
    numbers = [{"minimum": index, "maxLength": index} for index in range(1500)]
    values = [f"value {index}" for index in range(20_000)]
    patterns = {f"^a{{1,{index + 1}}}b": text for index in range(700)}
    names = {f"name_{index}": text for index in range(3000)}
    return {
        "forms within forms": (_nested_forms(6, 5, text), _nested_forms(6, 5, number)),
        "forms within forms, exclusive": (
            {"oneOf": [_nested_forms(4, 4, text) for _ in range(8)]},
            {"oneOf": [_nested_forms(4, 4, {"maxLength": 3}) for _ in range(9)]},
        ),
        "many forms": ({"anyOf": numbers}, {"anyOf": [*numbers[::-1], text]}),
        "many exclusive forms": ({"oneOf": numbers}, {"oneOf": [*numbers[1:], text]}),
        "long enums": ({"enum": values}, {"enum": values[1:]}),
        "long enums in forms": (
            {"anyOf": [{"enum": values[:400]} for _ in range(100)]},
            {"anyOf": [{"enum": values[1:400]} for _ in range(100)]},
        ),
        "many patterns": (
            {"patternProperties": patterns, "properties": dict(list(names.items())[:1000])},
            {"patternProperties": dict(list(patterns.items())[1:]), "properties": dict(list(names.items())[1:1000])},
        ),
        "a costly pattern": (
            {"patternProperties": {"^(a+)+$": text}, "properties": {"a" * 5000: text}},
            {"patternProperties": {"^(a+)+$": number}, "properties": {"a" * 5000 + "b": text}},
        ),
        "many fields": (
            {"type": "object", "properties": names},
            {"type": "object", "properties": dict.fromkeys(names, number)},
        ),
        "all fields renamed": (
            {"type": "object", "properties": names},
            {"type": "object", "properties": {f"{name}s": inner for name, inner in names.items()}},
        ),
        "many required": ({"required": list(names)}, {"required": [f"x{name}" for name in names]}),
        "deep fields": (_deep("properties", 30, text), _deep("properties", 30, number)),
        "deep negations": (_deep("not", 60, text), _deep("not", 60, number)),
        "deep conditions": (_deep("if", 50, text) | {"then": text}, _deep("if", 50, number) | {"then": number}),
        "deep dependencies": (_deep("dependencies", 30, text), _deep("dependencies", 30, number)),
        "long texts": ({"description": "a" * 400_000}, {"description": "b" * 400_000}),
        "large examples": ({"examples": [values] * 2, "type": "string"}, {"examples": [values[1:]] * 2, "type": "string"}),
        "wide objects in forms": (
            {"oneOf": [{"type": "object", "required": list(names)[:300], "properties": dict(list(names.items())[:300])}] * 40},
            {"oneOf": [{"type": "object", "required": list(names)[1:300], "properties": dict(list(names.items())[:300])}] * 40},
        ),
        "conjunctions": (
            {"allOf": [{"minimum": i} for i in range(2000)]},
            {"allOf": [{"minimum": i + 1} for i in range(2000)]},
        ),
        "huge numbers": ({"multipleOf": 10**4000, "maximum": 10**4000}, {"multipleOf": 1e-300, "maximum": 1e300}),
    }
