"""Names of keys in Redis, from events and from tombstones."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.mapping.keys import KeyMissingError, TombstoneKeyError
from connectors.options import parse
from connectors.sinks.redis import Options
from connectors.stores.redis_keys import Keys, TemplateInvalidError
from eventplatform.core.records import Record

EVENT = {"page": {"page_id": 7, "title": "a:b"}, "wiki_id": "enwiki", "is_bot": True}


def record(key: bytes | None = None) -> Record:
    return Record("eqiad.page", 1, 42, 0, key, b"{}")


@pytest.mark.parametrize(
    ("template", "steered", "key"),
    [
        ("{stream}", {}, "page"),
        ("{stream}:{key}", {}, "page:eqiad.page:1:42"),
        ("{topic}/{partition}/{offset}", {}, "eqiad.page/1/42"),
        ("{stream}:{/page/page_id}", {}, "page:7"),
        ("{/wiki_id}:{/is_bot}", {}, "enwiki:true"),
        ("{key}", {"pointers": ("/page/page_id",), "is_upsert": True}, "7"),
        ("{key}", {"pointers": ("/wiki_id", "/page/title"), "is_upsert": True}, "enwiki:a%3Ab"),
        ("{key}", {"is_upsert": True}, "own"),
    ],
)
def test_key__template__filled_from_event_and_record(template: str, steered: dict[str, Any], key: str) -> None:
    assert Keys(template, "page", **steered).of(record(b"own"), EVENT, 0) == key


def test_key__topic_made_anew__its_offsets_are_other_keys() -> None:
    keys = Keys("{stream}:{key}", "page")

    assert keys.of(record(), EVENT, 1) == "page:eqiad.page~1:1:42"


def test_key__field_absent__refused() -> None:
    with pytest.raises(KeyMissingError):
        Keys("{stream}:{/page/nothing}", "page").of(record(), EVENT, 0)
    with pytest.raises(KeyMissingError):
        Keys("{key}", "page", is_upsert=True).of(record(), EVENT, 0)


@pytest.mark.parametrize("template", ["{stream", "{unknown}", "a}", "{{stream}}"])
def test_template__brace_of_no_place__refused(template: str) -> None:
    with pytest.raises(TemplateInvalidError):
        Keys(template, "page")


@pytest.mark.parametrize(
    ("template", "pointers", "key", "deleted"),
    [
        ("page:{key}", ("/page/page_id",), b"7", "page:7"),
        ("page:{key}", ("/page/page_id",), b'{"page_id": 7}', "page:7"),
        ("page:{/page/page_id}", (), b'{"page": {"page_id": 7}}', "page:7"),
        ("page:{/wiki_id}:{/page/page_id}", (), b'{"wiki_id": "enwiki", "page_id": 7}', "page:enwiki:7"),
        ("page:{key}", (), b"own", "page:own"),
    ],
)
def test_tombstone__its_key__names_what_the_event_was_stored_under(
    template: str, pointers: tuple[str, ...], key: bytes, deleted: str
) -> None:
    assert Keys(template, "page", pointers, is_upsert=True).of_tombstone(record(key), 0) == deleted


def test_tombstone__without_the_fields__refused() -> None:
    with pytest.raises(TombstoneKeyError):
        Keys("{key}", "page", ("/wiki_id", "/page/page_id"), is_upsert=True).of_tombstone(record(b"7"), 0)


def test_options__key_with_a_place_that_nobody_knows__refused_at_save() -> None:
    with pytest.raises(TemplateInvalidError) as refused:
        parse(Options, {"type": "string", "key": "{steam}:{/id}"})

    assert refused.value.pointer == "/key"
