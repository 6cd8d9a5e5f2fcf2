from __future__ import annotations

import ast
import json
import shlex
from typing import Any

from registry.pages import produce

EVENT: dict[str, Any] = {
    "$schema": "/a/1.0.0",
    "meta": {"stream": "x"},
    "text": 'it\'s "$HOME" `x` \\ \u2028',
    "yes": True,
    "no": None,
}


def texts() -> dict[str, str]:
    return {snippet.name: snippet.text for snippet in produce.snippets(EVENT, "http://127.0.0.1:8000")}


def test_curl__as_a_shell_reads_it__sends_the_event() -> None:
    words = shlex.split(texts()["curl"].replace("\\\n", ""))

    assert words[:5] == ["curl", "-i", "http://127.0.0.1:8000/v1/events", "-H", "Content-Type: application/json"]
    assert json.loads(words[6]) == EVENT


def test_python__as_python_reads_it__holds_the_event() -> None:
    tree = ast.parse(texts()["python"])

    assigned = next(node for node in tree.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(assigned.value) == EVENT


def test_javascript__object__is_the_events_json() -> None:
    text = texts()["js"]

    assert json.loads(text.partition("= ")[2].partition(";\nfetch")[0]) == EVENT


def test_snippets__no_empty_line__so_that_a_page_copies_them_whole() -> None:
    assert not any("\n\n" in text for text in texts().values())


def test_example__stream_given__it_stands_in_the_event() -> None:
    document = {"examples": [{"meta": {"stream": "old", "id": "1"}}]}

    assert produce.example_for(document, "new") == {"meta": {"stream": "new", "id": "1"}}
    assert produce.example_for(document, "") == {"meta": {"stream": "old", "id": "1"}}
    assert produce.example_for({"examples": ["x"]}, "new") is None
    assert document["examples"][0]["meta"]["stream"] == "old"
