"""The search: every word somewhere, what has exactly the field first."""

from __future__ import annotations

import pytest

from registry import services
from registry.models import Repository, SchemaTitle
from registry.schema.repository_files import Found, VersionFile
from registry.search import ranked, search

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

HEAD = "$id: /{title}/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\ntype: object\n"
PERFORMER = "properties: {performer: {type: object, properties: {user_id: {type: integer, description: Who did it}}}}\n"
SCHEMAS = {
    "a/deeper": "properties: {the: {type: object, " + PERFORMER.strip() + "}}\n",
    "b/described": "description: see performer.user_id elsewhere\n",
    "c/exact": PERFORMER,
    "d/longer": PERFORMER.replace("user_id", "user_ids"),
    "e/other": "description: 100%_sure\n",
}


@pytest.fixture(autouse=True)
def schemas() -> None:
    """Five titles, of which four speak of the field."""
    files = []
    for title, more in SCHEMAS.items():
        files.append(VersionFile(f"{title}/1.0.0.yaml", "1.0.0", False, HEAD.format(title=title) + more, title))
    report = services.import_found(repository=Repository.objects.create(name="mine"), found=Found(tuple(files), ()))
    assert report.is_ok


def names(words: str) -> list[str]:
    return [title.name for title in ranked(search(SchemaTitle.objects.all(), words), words)]


def test_search__a_fields_path__exact_first_then_by_name() -> None:
    assert names("performer.user_id") == ["c/exact", "a/deeper", "b/described", "d/longer"]
    assert names("PERFORMER.User_ID") == names("performer.user_id")


def test_search__several_words__all_are_needed_wherever_they_stand() -> None:
    assert names("who performer.user_id") == ["c/exact", "a/deeper", "d/longer"]
    assert names("exact who") == ["c/exact"]


def test_search__title__stands_before_what_only_mentions_it() -> None:
    assert names("e/other") == ["e/other"]
    assert names("") == list(SCHEMAS)


def test_search__signs_of_patterns__are_plain_characters() -> None:
    assert names("100%_sure") == ["e/other"]
    assert names("%") == ["e/other"]
    assert names("nothing\\") == []
