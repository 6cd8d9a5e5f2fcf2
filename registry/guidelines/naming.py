"""Guidelines on names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.guidelines.contract import BOTH, Fault, Rule
from registry.guidelines.subject import Subject

_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_SECTION = "Names"


def _snake_case(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("properties"):
        for name in place.schema["properties"]:
            if name != "$schema" and not _SNAKE.fullmatch(name):
                yield Fault(f"{place.pointer}/properties/{name}", f"The name {name} is not in snake_case.")


RULES = (
    Rule(
        code="NAME-SNAKE-CASE",
        alias="schema-snake-case-properties",
        title="Fields are named in snake_case",
        section=_SECTION,
        analytics="camelCase was usual: wiki, webHost, userAgent; fields inside event as each author liked.",
        production="snake_case, checked by the pattern ^[$a-z]+[a-z0-9_]*$ under properties and allOf alone.",
        chosen="Small words joined by single underscores, at every depth; $schema is the one exception.",
        why="Tables fold names to small letters: webHost and webhost would be one column.",
        remedy="Write the name in small letters with underscores, as page_title.",
        good="properties:\n  page_title: {type: string, description: As shown to readers.}\n",
        bad="properties:\n  pageTitle: {type: string, description: As shown to readers.}\n",
        profiles=BOTH,
        check=_snake_case,
    ),
)
