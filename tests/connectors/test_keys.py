"""Keys of rows, from events and from tombstones."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.mapping.keys import KeyMissingError, TombstoneKeyError, digest, key_of, tombstone_key
from eventplatform.core.records import Record

POINTERS = ("/wiki", "/page/id")


def tombstone(key: bytes | None) -> Record:
    return Record("t", 0, 0, 0, key, None)


def test_key_of__fields__as_text_in_the_order_of_the_pointers() -> None:
    assert key_of({"page": {"id": 7}, "wiki": "aa"}, POINTERS) == ("aa", "7")


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (1.0, "1"), (True, "true"), ("1", "1"), (1.5, "1.5"), ({"b": 1, "a": 2}, '{"a":2,"b":1}')]
)
def test_key_of__values__one_text_each(value: Any, text: str) -> None:
    assert key_of({"a": value}, ("/a",)) == (text,)


@pytest.mark.parametrize("event", [{}, {"wiki": "a"}, {"wiki": "a", "page": {"id": None}}, {"wiki": "a", "page": 1}])
def test_key_of__field_absent_or_null__refused_at_its_place(event: dict[str, Any]) -> None:
    with pytest.raises(KeyMissingError) as caught:
        key_of(event, POINTERS)

    assert caught.value.pointer in POINTERS


@pytest.mark.parametrize(
    "key", [b'{"wiki":"aa","page":{"id":7}}', b'{"wiki":"aa","id":7}', b'["aa",7]', b'["aa","7"]', b' {"id": 7, "wiki": "aa"}']
)
def test_tombstone_key__json__the_events_key(key: bytes) -> None:
    assert tombstone_key(tombstone(key), POINTERS) == key_of({"wiki": "aa", "page": {"id": 7}}, POINTERS)


@pytest.mark.parametrize(("key", "text"), [(b"7", "7"), (b"page 7", "page 7"), (b'"7"', "7"), (b"\xff", "\ufffd")])
def test_tombstone_key__one_field__the_key_itself(key: bytes, text: str) -> None:
    assert tombstone_key(tombstone(key), ("/page/id",)) == (text,)


@pytest.mark.parametrize("key", [b"aa", b'["aa"]', b'{"wiki":"aa"}', b"null", b'["aa",null]', None])
def test_tombstone_key__not_every_field__refused(key: bytes | None) -> None:
    with pytest.raises(TombstoneKeyError):
        tombstone_key(tombstone(key), POINTERS)


def test_digest__distinct_keys__distinct() -> None:
    assert len({digest(("a", "b")), digest(("ab", "")), digest(("a,b",)), digest(("", "ab"))}) == 4
