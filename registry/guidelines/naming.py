"""Guidelines on names and words: fields, titles, descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from eventplatform.core.pointers import escape
from registry.guidelines.contract import BOTH, Fault, Rule
from registry.guidelines.subject import Subject

_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_TITLE = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*(?:/[a-z0-9]+(?:[_-][a-z0-9]+)*)*")
_SECTION = "Names"


def _snake_case(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("properties"):
        for name in place.schema["properties"]:
            if name != "$schema" and not _SNAKE.fullmatch(name):
                yield Fault(f"{place.pointer}/properties/{escape(name)}", f"The name {name[:80]} is not in snake_case.")


def _title(subject: Subject) -> Iterator[Fault]:
    if not _TITLE.fullmatch(subject.title) and subject.title:
        yield Fault("/$id", f"The title {subject.title[:80]} is not a path of small words.")


def _described(subject: Subject) -> Iterator[Fault]:
    for place in subject.places:
        if place.role in {"root", "field"} and not str(place.schema.get("description", "")).strip():
            yield Fault(place.pointer, f"{place.name or 'The schema'} has no description.")


RULES = (
    Rule(
        code="NAME-SNAKE-CASE",
        alias="schema-snake-case-properties",
        title="Fields are named in snake_case",
        section=_SECTION,
        analytics="camelCase was usual (webHost, userAgent); what moved kept its names inside event: T238230.",
        production="snake_case by the pattern ^[$a-z]+[a-z0-9_]*$, looked for under properties and allOf alone.",
        chosen="Small words joined by single underscores, at every depth, also in lists, maps and branches; but $schema.",
        why="Tables fold names to small letters: webHost and webhost would be one column. a__b and $$schema passed before.",
        remedy="Write the name in small letters with underscores, as page_title. A moved legacy schema takes a waiver.",
        good="properties:\n  page_title: {type: string, description: As readers see it.}\n",
        bad="properties:\n  pageTitle: {type: string, description: As readers see it.}\n",
        profiles=BOTH,
        check=_snake_case,
    ),
    Rule(
        code="NAME-TITLE",
        title="Titles are paths of small words",
        section=_SECTION,
        analytics="CamelCase page names; moved under analytics/legacy in small letters. One with capitals lost its events.",
        production="The title is the folder, as mediawiki/page/change. Nothing looked at its letters.",
        chosen="Parts of small letters, digits and single - or _, joined by /.",
        why="Titles are folders, addresses, tables and parts of topics: what only differs by case collides somewhere.",
        remedy="Rename it before its first version is published; later, begin a new title and deprecate this one.",
        good="description: A page was shown.\n",
        bad="$id: /Page/view/1.0.0\ntitle: Page/view\nexamples:\n  - {$schema: /Page/view/1.0.0, "
        "meta: {stream: page.view}, dt: '2026-01-01T09:00:00Z'}\n",
        check=_title,
    ),
    Rule(
        code="FIELD-DESCRIBED",
        title="Every field says what it means",
        section=_SECTION,
        analytics="Schema pages could describe their fields; nothing asked for it.",
        production="Asked for in the guidelines, checked by nothing.",
        chosen="The schema and each of its fields have a description.",
        why="The catalogue is searched by it, tables carry it as the column's comment, and the author knows it best today.",
        remedy="Add a description: one sentence, with unit and meaning of special values.",
        good="properties:\n  page_title: {type: string, description: As readers see it.}\n",
        bad="properties:\n  page_title: {type: string}\n",
        check=_described,
    ),
)
