"""Generated dataclasses as producers use them: what the client sets may be left out, and to_event leaves it out."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from registry.codegen import python
from registry.schema import documents
from tests.registry import corpus

TEXT = {"type": "string"}
SAMPLE = Path(__file__).parents[3] / "examples/schemas/secondary/jsonschema/ui/button_click/1.2.0.yaml"
META = {"type": "object", "properties": {"stream": TEXT, "id": TEXT}, "required": ["stream"]}


@pytest.fixture
def made() -> Iterator[types.ModuleType]:
    module = types.ModuleType("made_by_codegen")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def run(module: types.ModuleType, document: dict[str, Any]) -> Any:
    exec(compile(python(document, "Event"), "generated.py", "exec"), vars(module))  # noqa: S102  # running it is the test
    return module.Event


def an_event(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"$id": "/a/b/1.0.0", "type": "object", "properties": properties, "required": list(required)}


def test_python__producer__leaves_out_what_the_client_sets(made: types.ModuleType) -> None:
    event = run(made, an_event({"$schema": TEXT, "meta": META, "dt": TEXT, "a": TEXT}, "$schema", "meta", "dt", "a"))

    assert event.SCHEMA == "/a/b/1.0.0"
    assert event(a="x").to_event() == {"$schema": "/a/b/1.0.0", "a": "x"}


def test_python__producers_own_values__stay(made: types.ModuleType) -> None:
    event = run(made, an_event({"$schema": TEXT, "meta": META, "dt": TEXT}, "$schema", "meta", "dt"))
    meta = made.EventMeta(stream="", id="mine")

    sent = event(schema="/a/b/1.1.0", meta=meta, dt="2026-01-01T00:00:00Z").to_event()

    assert sent == {"$schema": "/a/b/1.1.0", "meta": {"id": "mine"}, "dt": "2026-01-01T00:00:00Z"}


def test_python__schema_says_its_id_itself__that_literal(made: types.ModuleType) -> None:
    event = run(made, an_event({"$schema": {"const": "/a/b/1.0.0"}}, "$schema"))

    assert event().to_event() == {"$schema": "/a/b/1.0.0"}


def test_python__schema_optional__named_all_the_same(made: types.ModuleType) -> None:
    assert run(made, an_event({"$schema": TEXT}))().to_event() == {"$schema": "/a/b/1.0.0"}


def test_python__meta_that_asks_for_more_than_texts__stays_required(made: types.ModuleType) -> None:
    meta = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    event = run(made, an_event({"meta": meta, "dt": {"type": "integer"}}, "meta", "dt"))

    with pytest.raises(TypeError, match="meta"):
        event()


def test_python__fields_named_as_the_classs_own__kept(made: types.ModuleType) -> None:
    event = run(made, an_event(dict.fromkeys(["SCHEMA", "to_event", "ClassVar"], TEXT)))
    given = {"SCHEMA": "1", "to_event": "2", "ClassVar": "3"}

    assert event.from_dict(given).to_event() == given


def test_python__sample__what_is_read_is_written_and_what_is_made_is_valid(made: types.ModuleType) -> None:
    document = documents.load(SAMPLE.read_text())
    event = run(made, document)
    [example] = document["examples"]

    assert event.from_dict(example).to_event() == example
    browser = made.EventBrowser()
    sent = event(button_name="save", browser=browser).to_event()
    completed = {**sent, "meta": {"stream": "ui.button_click"}, "dt": "2026-01-01T00:00:00Z"}
    jsonschema.Draft7Validator(document).validate(completed)
    assert set(sent) == {"$schema", "button_name", "browser"}


@pytest.mark.slow
def test_python__sample_and_reference__clean_for_the_strictest_checker(tmp_path: Path) -> None:
    texts = {"sample": python(documents.load(SAMPLE.read_text()), "Event")}
    texts |= {f"made{number}": python(one, "Event") for number, one in enumerate(list(corpus.versions().values())[::25])}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)

    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file", "", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.returncode == 0, done.stdout
