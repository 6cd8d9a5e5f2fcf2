"""Generated TypeScript: the compiler accepts it, the reference's examples fit it, and events that don't fit are refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from registry.codegen import typescript
from tests.oracles import node
from tests.registry import corpus

TEXT = {"type": "string"}


def an_object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


def compiled(folder: Path, modules: dict[str, str]) -> list[str]:
    """What the compiler says of the modules, strictly checked together."""
    for name, text in modules.items():
        (folder / f"{name}.ts").write_text(text, encoding="utf-8")
    compiler = node.modules() / "typescript" / "bin" / "tsc"
    command = ["node", str(compiler), "--strict", "--noEmit", "--pretty", "false", *(f"{name}.ts" for name in modules)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.splitlines()


def with_value(document: dict[str, Any], value: Any) -> str:
    return f"{typescript(document, 'Event')}\nexport const event: Event = {json.dumps(value)};\n"


@pytest.mark.slow
def test_typescript__every_example_of_the_reference__compiles_against_its_type(tmp_path: Path) -> None:
    found = corpus.versions().values()
    modules = {
        f"event{index}": with_value(document, document["examples"][0])
        if document.get("examples")
        else typescript(document, "Event")
        for index, document in enumerate(found)
    }

    said = compiled(tmp_path, modules)

    assert len(modules) == 83
    # Some examples hold fields that their open objects don't declare; of those the compiler warns in literals.
    assert [line for line in said if "may only specify known properties" not in line] == []


@pytest.mark.slow
def test_typescript__values_that_do_not_fit__the_compiler_says_so(tmp_path: Path) -> None:
    document = an_object(
        {"kind": {"enum": ["a", "b"]}, "inner": an_object({"n": {"type": "integer"}}, required=["n"])}, required=["kind"]
    )
    wrong: list[Any] = [
        {"kind": "c"},
        {},
        {"kind": "a", "inner": {}},
        {"kind": "a", "other": 1},
        {"kind": "a", "inner": {"n": "1"}},
    ]

    said = compiled(tmp_path, {f"wrong{index}": with_value(document, value) for index, value in enumerate(wrong)})

    assert {line.partition("(")[0] for line in said if line.startswith("wrong")} == {
        f"wrong{index}.ts" for index in range(len(wrong))
    }


@pytest.mark.slow
def test_typescript__hostile_texts__stay_where_they_stand(tmp_path: Path) -> None:
    texts = ["*/ throw 1 /*", "\\", '"; throw 1; "', "a\nthrow 1", "a\u2028throw 1", "`${1}`", "'", "été"]
    modules = {
        f"text{index}": with_value(
            an_object({text: {"enum": [text], "description": text}}, description=text) | {"$id": text}, {text: text}
        )
        for index, text in enumerate(texts)
    }

    assert compiled(tmp_path, modules) == []


def test_typescript__each_shape__as_people_write_it() -> None:
    text = typescript(
        an_object(
            {
                "$schema": TEXT,
                "a-b": {"type": ["integer", "null"]},
                "list": {"type": "array", "items": an_object({"a": TEXT}, description="An item.")},
                "map": {"type": "object", "additionalProperties": {"type": "number"}},
                "either": {"oneOf": [TEXT, an_object({"b": {"type": "boolean"}})]},
                "any": {},
                "ip": {**TEXT, "description": "Whence.", "x-pii": "ip", "deprecated": True},
            },
            required=["$schema"],
            additionalProperties=True,
        ),
        "page/change",
    )

    assert (
        text
        == """\
// Made from a schema; changes here are lost.

export interface PageChange {
  $schema: string;
  "a-b"?: number | null;
  list?: Array<PageChangeListItem>;
  map?: Record<string, number>;
  either?: string | PageChangeEither2;
  any?: unknown;
  /**
   * Whence.
   * Personal data: ip.
   * @deprecated
   */
  ip?: string;
  [name: string]: unknown;
}

/** An item. */
export interface PageChangeListItem {
  a?: string;
}

export interface PageChangeEither2 {
  b?: boolean;
}
"""
    )


def test_typescript__no_object__an_alias() -> None:
    assert typescript({"type": "array", "items": TEXT, "$id": "/a/1.0.0"}, "none") == (
        "// Made from /a/1.0.0; changes here are lost.\n\nexport type None2 = Array<string>;\n"
    )
