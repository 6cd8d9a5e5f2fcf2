"""The rules that names obey."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventplatform.core import names


@pytest.mark.parametrize("name", ["a", "page.change", "eqiad.mediawiki.page_change.v1", "A-b_c.9", "x" * 249, "..."])
def test_topic_name__kafkas_rule__taken(name: str) -> None:
    assert names.is_topic_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "x" * 250, "a b", "a/b", "ünï", "a\n", "page.ch\u0430nge", "a\0", "__consumer_offsets"]
)
def test_topic_name__else__refused(name: str) -> None:
    assert not names.is_topic_name(name)


@pytest.mark.parametrize("schema_id", ["/sample/test_event/1.0.0", "/mediawiki/page/change/1.2.0", "/a/b-c_d/latest"])
def test_schema_id__relative__taken(schema_id: str) -> None:
    assert names.is_schema_id(schema_id)


@given(st.text())
def test_schema_id__whatever_is_taken__can_reach_nothing_else(text: str) -> None:
    candidate = "/" + text

    if names.is_schema_id(candidate):
        assert not any(part in {"", ".", ".."} or part.startswith(".") for part in candidate.split("/")[1:])
        assert not set(candidate) & set(":%?#\\@ \r\n\t")
        assert candidate.isascii()


def test_split_schema_id__last_part_is_the_version() -> None:
    assert names.split_schema_id("/a/b/1.0.0") == ("a/b", "1.0.0")


def test_version_key__sorts_as_numbers() -> None:
    assert sorted(["1.10.0", "1.9.0", "0.1.0"], key=names.version_key) == ["0.1.0", "1.9.0", "1.10.0"]
