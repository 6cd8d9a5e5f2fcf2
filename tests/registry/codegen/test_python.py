"""Generated dataclasses: they run, hold every example of the reference, and no text of a schema gets out of its place."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from registry.codegen import python
from registry.compatibility.readable import SchemaNotSelfContainedError
from tests.registry import corpus

TEXT = {"type": "string"}


@pytest.fixture
def made() -> Iterator[types.ModuleType]:
    """A module for generated code; dataclasses look themselves up in sys.modules."""
    module = types.ModuleType("made_by_codegen")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def run(module: types.ModuleType, document: dict[str, Any], name: str = "Event") -> Any:
    exec(compile(python(document, name), "generated.py", "exec"), vars(module))  # noqa: S102  # running it is the test
    return getattr(module, name)


def an_object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


def test_python__every_example_of_the_reference__comes_back_equal(made: types.ModuleType) -> None:
    examples = 0
    for document in corpus.versions().values():
        event = run(made, document)
        for example in document.get("examples", ()):
            if hasattr(event, "from_dict"):
                examples += 1
                assert event.from_dict(example).to_dict() == example

    assert examples > 80


def test_python__page_change__fields_inside_are_objects_of_their_own(made: types.ModuleType) -> None:
    document = corpus.versions()["/mediawiki/page/change/1.2.0"]

    event = run(made, document, "PageChange").from_dict(document["examples"][0])

    assert event.schema == "/mediawiki/page/change/1.2.0"
    assert event.meta.stream == document["examples"][0]["meta"]["stream"]
    assert type(event.page).__name__ == "PageChangePage"
    assert event.prior_state is None or type(event.prior_state).__name__ == "PageChangePriorState"


def test_python__names_that_are_no_identifiers__kept_by_a_mapping(made: types.ModuleType) -> None:
    names = ["$schema", "from", "a-b", "a_b", "1st", "__x", "to_dict", "str", "field", "été", "", "self", "other_fields"]
    event = run(made, an_object(dict.fromkeys(names, TEXT), required=names[:4]))
    given = {name: f"value of {name}" for name in names}

    read = event.from_dict(given)

    assert (read.schema, read.from_, read.a_b, read.a_b2, read.field_1st) == tuple(given[name] for name in names[:5])
    assert read.to_dict() == given


def test_python__optional_null_unknown_and_nested__told_apart(made: types.ModuleType) -> None:
    inner = an_object({"a": TEXT}, required=["a"])
    event = run(
        made,
        an_object(
            {
                "list": {"type": "array", "items": inner},
                "map": {"type": "object", "additionalProperties": {"type": "array", "items": inner}},
                "null": {"type": ["string", "null"]},
                "maybe": {"anyOf": [{"type": "null"}, inner]},
                "either": {"oneOf": [inner, an_object({"b": TEXT})]},
            },
            required=["null"],
        ),
    )
    given = {
        "list": [{"a": "1"}],
        "map": {"k": [{"a": "2"}]},
        "null": None,
        "maybe": {"a": "3"},
        "either": {"b": "4"},
        "more": 1,
    }

    read = event.from_dict(given)

    assert (read.list_[0].a, read.map["k"][0].a, read.maybe.a, read.either) == ("1", "2", "3", {"b": "4"})
    assert read.other_fields == {"more": 1}
    assert read.to_dict() == given
    assert event.from_dict({"null": None}).to_dict() == {"null": None}
    with pytest.raises(KeyError):
        event.from_dict({})


def test_python__annotations__say_what_is_allowed() -> None:
    text = python(
        an_object(
            {
                "kind": {"enum": ["a", "b", None]},
                "count": {"type": "integer", "description": "How many.", "x-pii": "id", "deprecated": True},
                "anything": {},
                "tags": {"type": "array", "items": {"const": 1}},
            },
            required=["count"],
        ),
        "event",
    )

    assert "    kind: Literal['a', 'b', None] = None\n" in text
    assert "    # How many.\n    # Personal data: id.\n    # Deprecated.\n    count: int\n" in text
    assert "    anything: Any = None\n" in text
    assert "    tags: list[Literal[1]] | None = None\n" in text


HOSTILE_TEXTS = [
    '"""\nraise SystemExit\n"""',
    "\\",
    'ends with "',
    "a\rraise SystemExit",
    "a\u2028raise SystemExit",
    "'''\\\"\"\"",
    "a\x0craise SystemExit",
]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_python__hostile_texts__stay_where_they_stand(made: types.ModuleType, text: str) -> None:
    document = an_object({text: {"enum": [text], "description": text}}, description=text, required=[text]) | {
        "$id": text,
        "title": text,
    }

    event = run(made, document)

    assert event.from_dict({text: text}).to_dict() == {text: text}


def test_python__no_object__an_alias(made: types.ModuleType) -> None:
    assert run(made, {"type": ["string", "null"]}) == "str | None"


def test_python__reference_left__refused() -> None:
    with pytest.raises(SchemaNotSelfContainedError):
        python(an_object({"a": {"$ref": "/x/1.0.0"}}), "Event")
