from __future__ import annotations

import json
from typing import Any

import pytest

from registry.pages import trial
from registry.schema.compiled import Schema

SCHEMA = Schema(
    {
        "$id": "/page/change/1.2.0",
        "$schema": "https://json-schema.org/draft-07/schema#",
        "title": "page/change",
        "type": "object",
        "required": ["$schema", "meta", "dt", "revision"],
        "properties": {
            "$schema": {"type": "string"},
            "meta": {
                "type": "object",
                "required": ["stream", "dt"],
                "properties": {"stream": {"type": "string"}, "dt": {"type": "string", "format": "date-time"}},
            },
            "dt": {"type": "string", "format": "date-time"},
            "kind": {"type": "string", "enum": ["move", "delete"]},
            "revision": {"type": "object", "required": ["rev_dt"], "properties": {"rev_dt": {"type": "string"}}},
            "count": {"type": "integer"},
        },
    }
)
GOOD: dict[str, Any] = {
    "$schema": "/page/change/1.2.0",
    "meta": {"stream": "page.change"},
    "dt": "2026-11-25T00:00:00Z",
    "revision": {"rev_dt": "x"},
}


def tried(event: Any, streams: tuple[str, ...] = ("page.change",)) -> trial.Trial:
    return trial.tried(event if isinstance(event, str) else json.dumps(event, indent=2), SCHEMA, streams)


def marks(found: trial.Trial) -> dict[int, list[str]]:
    return {line.number: [f"{m.name} {m.text}".strip() for m in line.messages] for line in found.lines if line.messages}


def test_trial__good_event__passes_with_what_the_intake_fills_in() -> None:
    found = tried(GOOD)

    assert (found.is_valid, marks(found), found.notes) == (True, {}, ())
    assert found.nanoseconds > 0
    assert "dt" not in GOOD["meta"]


def test_trial__wrong_fields__each_is_told_at_its_line() -> None:
    found = tried({**GOOD, "dt": "yesterday", "kind": "moved", "revision": {}})

    assert marks(found) == {
        6: ["dt must be a date and time, as 2026-11-18T14:07:12Z"],
        7: ["revision.rev_dt is missing"],
        8: ["kind must be move or delete. Did you mean move?"],
    }
    assert found.problem_count == 3


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('{\n  "a": 1,\n  "b" 2\n}', 3, 7), ("", 1, 1), ('{"a": NaN}', 1, 7), ('{\n"a": "x', 2, 8)],
)
def test_trial__broken_json__tells_line_and_column(text: str, line: int, column: int) -> None:
    found = tried(text)

    assert [(one.number, one.column) for one in found.lines if one.messages] == [(line, column)]
    assert "This is no JSON" in marks(found)[line][0]


@pytest.mark.parametrize(
    ("text", "word"),
    [("[1]", "one JSON object"), ('{"a":' * 65 + "1" + "}" * 65, "64 levels"), ('"' + "x" * 1_100_000 + '"', "larger than")],
)
def test_trial__no_event__says_why(text: str, word: str) -> None:
    found = tried(text)

    assert not found.is_valid
    assert word in marks(found)[1][0]


def test_trial__missing_stream_and_other_faults__are_told_together() -> None:
    found = tried({"$schema": "/page/change/1.2.0", "meta": {}})

    told = [message for messages in marks(found).values() for message in messages]
    assert any("names no stream" in message for message in told)
    assert any(message.startswith("dt is missing") for message in told)


def test_trial__huge_number_and_null_character__are_refused_as_at_the_intake() -> None:
    text = json.dumps({**GOOD, "revision": {"rev_dt": "a\0b"}}, indent=2).replace(
        '"dt"', '"count": 99999999999999999999,\n  "dt"'
    )

    told = " ".join(message for messages in marks(tried(text)).values() for message in messages)

    assert "count is too large a number" in told
    assert "revision.rev_dt holds the character U+0000" in told


def test_trial__other_schema_or_stream__is_noted() -> None:
    found = tried({**GOOD, "$schema": "/page/change/1.0.0", "meta": {"stream": "nowhere"}})

    assert found.is_valid
    assert "judged by /page/change/1.2.0" in found.notes[0]
    assert "It is taken by page.change" in found.notes[1]


def test_trial__long_event__is_shown_around_its_problems() -> None:
    found = tried({**GOOD, "many": list(range(1000)), "dt": 3})

    assert len(found.lines) < 20
    assert found.lines[-1].number == 0
    assert any("dt must be text" in message for messages in marks(found).values() for message in messages)
