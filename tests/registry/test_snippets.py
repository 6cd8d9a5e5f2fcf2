from __future__ import annotations

import ast
import json
import shlex
import subprocess
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from shutil import which
from typing import Any, NoReturn

import pytest

from registry.snippets import events, literals, programs

EVENT: dict[str, Any] = {
    "$schema": "/a/1.0.0",
    "meta": {"stream": "x"},
    "text": "it's \"$HOME\" `x` ${y} {$z} %s \\ \\' </script><!-- ?> <?php \r\n\t\x85\u2028\u2029\u202e\x7f\U000e0001 é 😀",
    "quo'te\"s\n?></script>$x": "'",
    "__proto__": {"polluted": True},
    "like_a_list": {"0": "a", "1": "b"},
    "empty": [{}, [], "", "\0" * 3],
    "numbers": [0, -1, 1.5, 1e-9, 2**53 - 1],
    "yes": True,
    "no": None,
}
HOSTILE = programs.Target(
    "http://h/\"'</script>\\", "http://127.0.0.1:1/it's/v1/events", "ui.click", "it's \"</script>", "session"
)


def texts(target: programs.Target = HOSTILE, event: Mapping[str, Any] = EVENT) -> dict[tuple[str, str], str]:
    return {(snippet.name, snippet.way): snippet.text for snippet in programs.snippets(event, target)}


class Scripts(HTMLParser):
    """The scripts of a page, as a browser finds where they end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.bodies: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "script"
        self.sources += [value or "" for name, value in attrs if name == "src"]

    def handle_data(self, data: str) -> None:
        self.bodies += [data] if data.strip() else []


def run(program: list[str], service_missing: Callable[[str], NoReturn], said: str) -> str:
    """What a program prints that is read from its input."""
    if which(program[0]) is None:
        service_missing(f"there is no {program[0]}")
    return subprocess.run(program, input=said, capture_output=True, text=True, check=True, timeout=20).stdout


def test_curl__as_a_shell_reads_it__sends_the_event() -> None:
    words = shlex.split(texts()["curl", "http"].replace("\\\n", ""))

    assert words[:5] == ["curl", "-i", HOSTILE.events, "-H", "Content-Type: application/json"]
    assert json.loads(words[6]) == EVENT


def test_python__as_python_reads_it__holds_the_event() -> None:
    tree = ast.parse(texts()["python", "http"])

    assigned = next(node for node in tree.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(assigned.value) == EVENT


def test_python_client__as_python_reads_it__three_lines_with_the_callers_fields() -> None:
    _import, connect, submit = ast.parse(texts()["python", "client"]).body

    assert isinstance(connect, ast.Assign)
    assert isinstance(connect.value, ast.Call)
    assert ast.literal_eval(connect.value.args[0]) == HOSTILE.platform
    assert isinstance(submit, ast.Expr)
    assert isinstance(submit.value, ast.Call)
    assert ast.literal_eval(submit.value.args[0]) == {key: EVENT[key] for key in EVENT if key not in ("$schema", "meta")}


def test_javascript__as_node_reads_it__holds_the_event(service_missing: Callable[[str], NoReturn]) -> None:
    script = f"const fetch = async (url, {{ body }}) => ({{ status: url, text: () => body }});\n{texts()['js', 'http']}"

    said = run(["node", "-"], service_missing, script)

    assert said.startswith(HOSTILE.events)
    assert json.loads(said.removeprefix(HOSTILE.events)) == EVENT


def test_browser__hostile_texts__stay_in_one_script_with_the_callers_fields(service_missing: Callable[[str], NoReturn]) -> None:
    page = Scripts(texts()["js", "client"])

    assert page.sources == [f"{HOSTILE.platform}/client/eventplatform.js"]
    assert len(page.bodies) == 1
    stub = "const tell = (...said) => { console.log(JSON.stringify(said)); return stub; };\n"
    stub += "const stub = { instrument: tell, submit: tell }, eventplatform = { connect: tell };\n"
    lines = run(["node", "-"], service_missing, stub + page.bodies[0]).rstrip("\n").split("\n")
    assert [json.loads(line) for line in lines] == [
        [HOSTILE.platform, {"consent": True}],
        [HOSTILE.instrument],
        [{key: EVENT[key] for key in EVENT if key not in ("$schema", "meta")}],
    ]


def test_php__as_php_reads_it__holds_the_event(service_missing: Callable[[str], NoReturn]) -> None:
    text = texts()["php", "http"]
    assigned = text.partition("$answer")[0]

    said = run(["php"], service_missing, f"{assigned}echo json_encode($event);")

    assert json.loads(said) == EVENT


def test_snippets__no_empty_line_and_nothing_unseen__so_that_a_page_copies_them_whole() -> None:
    for text in texts().values():
        assert all(line.strip() and line.isprintable() for line in text.split("\n")), text


def test_literals__short_values__stay_on_a_line() -> None:
    assert literals.write({"test": "hello", "n": [1, 2]}, literals.JAVASCRIPT) == '{ test: "hello", n: [1, 2] }'
    assert literals.write({"test": "hello"}, literals.PYTHON) == '{"test": "hello"}'
    assert literals.write({"long": "x" * 80}, literals.PHP) == f"[\n    'long' => '{'x' * 80}',\n]"


def test_example__stream_given__it_stands_in_the_event() -> None:
    document = {"examples": [{"meta": {"stream": "old", "id": "1"}}]}

    assert events.example_for(document, "new") == {"meta": {"stream": "new", "id": "1"}}
    assert events.example_for(document, "") == {"meta": {"stream": "old", "id": "1"}}
    assert events.example_for({"examples": ["x"]}, "new") is None
    assert document["examples"][0]["meta"]["stream"] == "old"


DOCUMENT: dict[str, Any] = {
    "required": ["$schema", "meta", "dt", "browser", "name"],
    "properties": {"meta": {"required": ["stream", "domain"]}, "browser": {"required": ["pageview_id"]}},
}
CLICK: dict[str, Any] = {
    "$schema": "/a/1.0.0",
    "dt": "2026-01-01T00:00:00Z",
    "meta": {"stream": "x", "domain": "example.org", "id": "1"},
    "browser": {"pageview_id": "90ab12cd34ef5678", "session_id": "5c1f0a9e77b34d20"},
    "sample": {"unit": "session", "rate": 1},
    "instrument_name": "other",
    "name": "save",
}


def test_event_of_a_caller__in_a_page__only_what_the_client_cannot_know() -> None:
    target = programs.Target("p", "e", "x", document=DOCUMENT)

    assert events.of_caller(CLICK, target, in_page=True) == {"name": "save"}
    assert events.of_caller(CLICK, target, in_page=False) == {
        "browser": {"pageview_id": "90ab12cd34ef5678"},
        "name": "save",
        "meta": {"domain": "example.org"},
    }


@pytest.mark.parametrize(("instrument", "named"), [("mine", {"instrument_name": "mine"}), ("", {})])
def test_plain_event__instrument_of_the_example__is_the_streams_own_or_none(instrument: str, named: dict[str, str]) -> None:
    found = events.plain(CLICK, programs.Target("p", "e", "x", instrument, document=DOCUMENT))

    assert {key: found[key] for key in found if key == "instrument_name"} == named


def test_plain_event__a_moment_of_now__no_sample_and_identifiers_that_every_sample_has() -> None:
    found = events.plain(CLICK, programs.Target("p", "e", "x", document=DOCUMENT, at="2026-11-26T13:00:00.000Z"))

    assert found["dt"] == "2026-11-26T13:00:00.000Z"
    assert found["browser"] == {"pageview_id": "0" * 16, "session_id": "0" * 16}
    assert "sample" not in found
    asking = {**DOCUMENT, "required": [*DOCUMENT["required"], "sample"]}
    assert events.plain(CLICK, programs.Target("p", "e", "x", document=asking))["sample"] == CLICK["sample"]


def test_box__stream_that_takes_from_some_pages__says_which() -> None:
    target = programs.Target(
        "p", "e", "x", origins=("https://a.example", "https://b.example", "https://c.example", "https://d.example")
    )

    note = programs.box(EVENT, target, {"lang": "js"})["note"]

    assert note.endswith("from pages of https://a.example, https://b.example, https://c.example and 1 more only.")
    assert programs.box(EVENT, programs.Target("p", "e", "x", origins=()), {"lang": "js"})["note"].endswith("from no page.")
    assert "pages of" not in programs.box(EVENT, target, {"lang": "php"})["note"]
    assert "pages of" not in programs.box(EVENT, programs.Target("p", "e", "x"), {"lang": "js"})["note"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ("js", "client")),
        ({"lang": "php", "with": "client"}, ("php", "http")),
        ({"lang": "python", "with": "http"}, ("python", "http")),
        ({"lang": "cobol", "with": "x"}, ("js", "client")),
    ],
)
def test_box__what_an_address_asks__or_the_shortest_of_the_usual_language(
    asked: dict[str, str], expected: tuple[str, str]
) -> None:
    snippet = programs.box(EVENT, programs.Target("p", "e", "x", is_external=True), asked)["snippet"]

    assert (snippet.name, snippet.way) == expected
    assert programs.box(EVENT, programs.Target("p", "e", "x"), {})["snippet"].name == "python"
    assert programs.box(EVENT, programs.Target("p", "e", ""), asked)["snippet"].way == "http"
