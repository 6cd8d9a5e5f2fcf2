"""Guidelines on the schema as a document: valid, spelt right, usable, and cheap to judge events by."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import count

from eventplatform.core.pointers import escape
from registry.guidelines.contract import BOTH, Fault, Rule
from registry.guidelines.reference.examples import why_invalid
from registry.guidelines.reference.secure import own_insecurities
from registry.guidelines.subject import Subject
from registry.schema import formats
from registry.schema.keywords import HOLDS_LIST, HOLDS_NAMED, HOLDS_ONE

_SECTION = "The document"
_DRAFT = "https://json-schema.org/draft-07/schema#"
_OTHERS = (
    "$comment",
    "$id",
    "$ref",
    "$schema",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
)
KEYWORDS = frozenset({*_OTHERS, *HOLDS_ONE, *HOLDS_LIST, *HOLDS_NAMED})
_MAX_LOOKED_UP = 50  # misspelt words for which the nearest known one is looked for: a tenth of a millisecond each
_FORMATS = frozenset({*formats.PATTERNS, "regex"})


def _valid(subject: Subject) -> Iterator[Fault]:
    reason = why_invalid(subject.document)
    if reason:
        yield reason


def _known_words(subject: Subject) -> Iterator[Fault]:
    looked_up = count()
    for place in subject.places:
        for keyword in sorted(place.schema.keys() - KEYWORDS):
            if not keyword.startswith("x-"):
                where = f"{place.pointer}/{escape(keyword)}"
                nearest = _nearest(keyword, KEYWORDS) if next(looked_up) < _MAX_LOOKED_UP else ""
                yield Fault(where, f"{keyword[:80]} is no keyword.{nearest}")
    for place in subject.having("format"):
        name = place.schema["format"]
        if name not in _FORMATS:
            nearest = _nearest(name, _FORMATS) if next(looked_up) < _MAX_LOOKED_UP else ""
            yield Fault(f"{place.pointer}/format", f"{name[:80]} is no format that is checked.{nearest}")


def _nearest(word: str, known: frozenset[str]) -> str:
    near = difflib.get_close_matches(word[:80], sorted(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _draft(subject: Subject) -> Iterator[Fault]:
    if subject.document.get("$schema") != _DRAFT:
        where = "/$schema" if "$schema" in subject.document else ""
        yield Fault(where, "$schema doesn't name draft-07 as all schemas do.")


def _usable(subject: Subject) -> Iterator[Fault]:
    if subject.unusable is not None:
        yield Fault(subject.unusable.pointer, str(subject.unusable), subject.unusable.hint)
    for place in subject.having("$ref"):
        yield Fault(f"{place.pointer}/$ref", "A reference is left.", "Publish what eventschemas materialize made of it.")


def _sizes(subject: Subject) -> Iterator[Fault]:
    for keyword in ("pattern", "format", "patternProperties", "uniqueItems"):
        for place in subject.having(keyword):
            yield from own_insecurities(keyword, place.schema, place.pointer)


RULES = (
    Rule(
        code="SCHEMA-VALID",
        alias="schema-is-valid",
        title="The schema is valid JSON Schema, draft-07",
        section=_SECTION,
        analytics="Draft 3 with required: true on each property, unless the page said otherwise.",
        production="Valid by the meta-schema of draft-07; current.yaml was not looked at.",
        chosen="Production's meta-schema, and current.yaml through what it becomes.",
        why="A keyword of the wrong kind is a rule that isn't applied.",
        remedy="Write it as draft-07 asks.",
        good="properties:\n  page_title: {type: string, maxLength: 255, description: As readers see it.}\n",
        bad="properties:\n  page_title: {type: string, maxLength: many, description: As readers see it.}\n",
        profiles=BOTH,
        check=_valid,
    ),
    Rule(
        code="SCHEMA-DRAFT",
        title="$schema is the https address of draft-07",
        section=_SECTION,
        analytics="Absent; draft 3 was meant.",
        production="507 versions say https, 3 say http. No rule.",
        chosen=f"Exactly {_DRAFT}",
        why="Some tools take another spelling for another draft, or ask the network for it.",
        remedy=f"Write $schema: {_DRAFT}",
        good=f"$schema: {_DRAFT}\n",
        bad="$schema: http://json-schema.org/draft-07/schema#\n",
        check=_draft,
    ),
    Rule(
        code="SCHEMA-KEYWORDS",
        title="Every keyword and every format is a known one",
        section=_SECTION,
        analytics="Unknown keywords were ignored, and format was not checked at all.",
        production="mexLength was published four times, and could never be mended without a skip.",
        chosen="The keywords of draft-07 and x-…; the formats that the intake checks.",
        why="A misspelt keyword is a rule that nobody applies and everybody relies on.",
        remedy="Correct the spelling. For a word of your own, begin it with x-.",
        good="properties:\n  page_title: {type: string, maxLength: 255, description: As readers see it.}\n",
        bad="properties:\n  page_title: {type: string, mexLength: 255, description: As readers see it.}\n",
        check=_known_words,
    ),
    Rule(
        code="SCHEMA-USABLE",
        title="Patterns and references can be used",
        section=_SECTION,
        analytics="No pattern was checked.",
        production="Any JavaScript pattern passes, also one that takes minutes for a text of 30 letters.",
        chosen="Patterns of an engine of linear time: no look-around, no back-reference. No $ref is left.",
        why="One producer's text must not stop the intake for all others.",
        remedy="Patterns can't use look-around or back-references; $ref must stay inside the file.",
        good="properties:\n  code: {type: string, maxLength: 9, pattern: '^[a-z]+$', description: In letters.}\n",
        bad="properties:\n  code: {type: string, maxLength: 9, pattern: '^(?!x)[a-z]+$', description: In letters.}\n",
        check=_usable,
    ),
    Rule(
        code="SAFE-SIZE",
        alias="schema-is-secure",
        title="What is costly to check is bounded",
        section=_SECTION,
        analytics="The whole URL was bounded instead: 2,000 characters. Moved schemas got maxLength one by one (289a622).",
        production="pattern and format need maxLength, patternProperties propertyNames.maxLength, uniqueItems maxItems.",
        chosen="What production said, in every place of the schema.",
        why="The cost of judging an event must not be its sender's choice.",
        remedy="Add maxLength beside pattern or format, maxItems beside uniqueItems.",
        good="properties:\n  code: {type: string, maxLength: 9, pattern: '^[a-z]+$', description: In letters.}\n",
        bad="properties:\n  code: {type: string, pattern: '^[a-z]+$', description: In letters.}\n",
        profiles=BOTH,
        check=_sizes,
    ),
)
