"""Tables of streams: what a row says and leaves alone, errors by row and column, no formulas for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import pytest

from eventplatform.core.spreadsheets import guarded, unguarded
from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import changes_between
from streamconfig.configuration.document import Document
from streamconfig.exchange import files, tables
from streamconfig.exchange.csv_columns import FIXED
from streamconfig.exchange.errors import ImportRefusedError, UnreadableError

STREAMS: dict[str, Any] = {
    "a.b": {
        "schema_title": "a/b",
        "destination_event_service": "main",
        "topic_prefixes": ["eqiad.", "codfw."],
        "sample": {"unit": "session", "rate": 0.5},
        "canary_events_enabled": True,
        "consumers": {"hadoop": {"enabled": False, "job_name": "x"}, "hive": {"enabled": True}},
        "message_key_fields": {"id": "page.id"},
        "about": {"owner": "web", "purpose": "to know,\nmore"},
        "windows": [{"from": "2026-12-01T00:00:00Z"}],
    },
    "off": {"is_enabled": False, "topic_prefixes": None, "topics": [], "schema_title": None, "sample": {}},
    "/^job\\..+/": {"schema_title": "=1+1", "about": {"description": "null", "contact": "'@x"}},
}


def document(streams: dict[str, Any]) -> Document:
    found = documents.read({"streams": streams})
    assert found.problems == ()
    return found


def read(text: str, streams: dict[str, Any] | None = None) -> dict[str, Any]:
    return dict(files.read(text.encode(), form="csv", before=document(streams or STREAMS)).document["streams"])


@pytest.mark.parametrize("before", [Document(), document(STREAMS)])
def test_table__written_and_read__is_the_same(before: Document) -> None:
    text = files.write(document(STREAMS), "csv")

    found, _ = tables.read(text, before)

    assert changes_between(document(STREAMS).as_json(), documents.read({"streams": found}).as_json()) == []


def test_row__cells__set_and_clear_what_their_columns_name() -> None:
    text = "name,sample_rate,owner,canary_events_enabled,consumers.hadoop.enabled\na.b,0.25,,no,TRUE\n"

    entry = read(text)["a.b"]

    assert entry["sample"] == {"unit": "session", "rate": 0.25}
    assert entry["about"] == {"purpose": "to know,\nmore"}
    assert entry["canary_events_enabled"] is False
    assert entry["consumers"]["hadoop"] == {"enabled": True, "job_name": "x"}
    assert entry["windows"] == STREAMS["a.b"]["windows"]


def test_row__new_stream__is_made_of_its_cells() -> None:
    text = "name;schema_title;topics;sample_unit;expires_on\nnew.one;n/one;t1 t2;device;2027-01-31\n"

    assert read(text) == {
        "new.one": {
            "schema_title": "n/one",
            "topics": ["t1", "t2"],
            "sample": {"unit": "device"},
            "about": {"expires_on": "2027-01-31"},
        }
    }


def test_row__null_and_brackets__are_null_and_lists() -> None:
    text = 'name,topic_prefixes,topics,schema_title\na.b,null,[],"""null"""\n'

    entry = read(text)["a.b"]

    assert (entry["topic_prefixes"], entry["topics"], entry["schema_title"]) == (None, [], "null")


def test_row__column_other__replaces_what_no_column_holds() -> None:
    text = 'name,other\na.b,"{""message_key_fields"": {""id"": ""page.uid""}}"\n'

    entry = read(text)["a.b"]

    assert entry["message_key_fields"] == {"id": "page.uid"}
    assert "windows" not in entry
    assert entry["sample"] == STREAMS["a.b"]["sample"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('name,sample_rate\na.b,"0,05"\n', "row 2, column sample_rate"),
        ("name,sample_rate\na.b,5%\n", "row 2, column sample_rate"),
        ("name,sample_rate\na.b,-1\n", "row 2, column sample_rate"),
        ("name,canary_events_enabled\n\na.b,maybe\n", "row 3, column canary_events_enabled"),
        ("name,other\na.b,{\n", "row 2, column other"),
        ("name,topics\na.b,[1]\n", "row 2, column topics"),
        ("name,owner\na.b,x\na.b,y\n", "row 3"),
        ("name,owner\n,x\n", "row 2"),
        ("name,owner\na.b,x,y\n", "row 2"),
        ("name,wat\na.b,x\n", "row 1"),
        ("name,owner,owner\na.b,x,y\n", "row 1"),
    ],
)
def test_cells__that_cannot_be_read__told_by_row_and_column(text: str, place: str) -> None:
    with pytest.raises(ImportRefusedError) as refused:
        read(text)

    (finding,) = refused.value.findings
    assert finding.place == place
    assert finding.remedy


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'name,owner\na,"x\n', 'name\n"a"b\n'])
def test_text__no_table__is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read(text)


def test_setting__that_is_wrong_in_itself__is_told_by_its_row() -> None:
    given = files.read(b"name,sample_rate\nok,1\na.b,7\n", form="csv", before=Document())

    (problem,) = documents.read(given.document).problems

    assert given.finding(problem).place == "row 3, a.b/sample/rate"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "'", "=cmd|' /C calc'!A0", "\uff1d"])
def test_cell__that_could_be_a_formula__begins_with_a_quote_and_comes_back(start: str) -> None:
    text = f"{start}1"
    streams = {"s": {"schema_title": text, "about": {"purpose": text}}}

    sheet = files.write(Document({}, document({"s": {}}).entries), "csv")
    written = tables.write(documents.Document({}, (documents.Entry("s", streams["s"]),)))
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]

    assert sheet.startswith("name,")
    assert [cell for cell in cells if cell[:1] in {*"=+-@\t\r\n\uff1d"}] == []
    assert unguarded(guarded(text)) == text
    assert read(written, {"s": {}})["s"]["schema_title"] == text


def test_spreadsheet_file__with_a_mark_and_semicolons__is_read() -> None:
    given = files.read("\ufeffname;sample_rate\r\na.b;0.25\r\n".encode(), form="csv", before=document(STREAMS))

    assert given.document["streams"]["a.b"]["sample"]["rate"] == 0.25


def test_random_entries__written_and_read__are_the_same() -> None:
    source = random.Random(3)  # noqa: S311  # the same entries each time
    texts = ["", " ", "x y", "null", '"', "[1]", "=a", "'", "1", "true", "é", "a,b;c\td", "[", "{}"]
    values: list[Any] = [None, True, False, 0, 1, 0.1, 1e-7, 1e22, [], {}, texts, {"a": {"b": None}}, *texts]
    paths = [column.keys for column in FIXED] + [("x",), ("consumers", "c", "enabled"), ("consumers", "c"), ("sample",)]

    for _ in range(300):
        entry: dict[str, Any] = {}
        for keys in source.sample(paths, 6):
            holder = entry
            for key in keys[:-1]:
                holder = holder.setdefault(key, {}) if isinstance(holder.get(key, {}), dict) else {}
            holder[keys[-1]] = source.choice(values)
        name = source.choice(["s", "/^a/"])
        text = tables.write(Document({}, (documents.Entry(name, json.loads(json.dumps(entry))),)))

        found, _ = tables.read(text, Document())

        assert changes_between({"streams": {"s": entry}}, {"streams": {"s": found[name]}}) == [], entry
