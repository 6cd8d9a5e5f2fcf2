"""Reads schema files: YAML as schema repositories write it (`yes`, `no` and dates are text), or JSON; safe and bounded.

The value is built from the parser's events: no tag is ever constructed, aliases are counted at their full size, and
nothing recurses. Every error knows its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs forget it

from eventplatform.core.errors import RejectedError
from registry.schema import lines, yaml_numbers
from registry.schema.limits import (
    CONFIGURATION,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_NODES,
    SCHEMA,
    SchemaTooLargeError,
    Size,
    check_size,
)

_TAG_TEXT = "tag:yaml.org,2002:str"
_TAGS_OF_CONTAINERS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
# yes, on and 2021-01-01 are texts.
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_DIRECTIVE = re.compile("^%", re.MULTILINE)
_MAX_DIRECTIVES = 10
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_UNSTORABLE_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_BAD_CHARACTER = "A text holds U+0000 or half of a surrogate pair, which can't be stored."


class DocumentError(RejectedError):
    """A file that can't be read as one JSON-like document; `line` counts from 1."""

    code = "document.unreadable"
    message = "{reason}"
    remedy = "Write the file as plain YAML or JSON."

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason=reason)
        self.line = line


class DocumentTooLargeError(DocumentError):
    """More text, nodes, digits or depth than any schema needs."""

    code = "document.too_large"
    remedy = f"Keep a schema below {MAX_CHARACTERS} characters, {MAX_NODES} values (aliases count in full), {MAX_DEPTH} levels."


class DuplicateKeyError(DocumentError):
    """The same key stands twice in one mapping."""

    code = "document.duplicate_key"
    remedy = "Keep one of the two."


class CharacterError(DocumentError):
    """A text or key holds a character that no database stores."""

    code = "document.bad_character"
    remedy = "Leave it out; in a pattern write \\x00 instead of the character itself."


def load(text: str, *, is_json: bool = False, is_configuration: bool = False) -> Any:
    """The value of a YAML (or JSON) document: a schema's, or a site's configuration, which may be larger.

    Raises:
        DocumentError: with the line and the remedy.
    """
    size = CONFIGURATION if is_configuration else SCHEMA
    if len(text) > size.characters:
        raise DocumentTooLargeError(f"The file has {len(text)} characters.")
    value = _load_json(text, size) if is_json else _Builder(text, size).build()
    if not is_configuration:
        _check_size(value)
    return value


def _check_size(value: Any) -> None:
    """Refuse few values that are long all the same: by aliases of a long text, or keys that each place below repeats."""
    try:
        check_size(value)
    except SchemaTooLargeError:
        raise DocumentTooLargeError("Aliases repeat too much text in the file, or its keys are too long.") from None


def is_plain_text(text: str) -> bool:
    """Whether `text`, written without quotes, is read as that text rather than as a number or a word with a meaning."""
    try:
        return bool(_resolve(text, 1) == text)
    except DocumentError:
        return False


def line_of(text: str, pointer: str) -> int:
    """The line of the place that a JSON pointer names, or of the nearest place around it."""
    return lines.find(text, pointer)


def lines_of(text: str) -> Callable[[str], int]:
    """`line_of` for many pointers into one text, which is read once."""
    return lines.finder(text)


def _load_json(text: str, size: Size) -> Any:
    try:
        number = yaml_numbers.number  # JSON's numbers are some of YAML's; the hook refuses 1e400
        value = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_unique, parse_float=number, parse_int=number
        )
    except json.JSONDecodeError as error:
        raise DocumentError(f"This is no JSON: {error.msg}.", error.lineno) from None
    except (RecursionError, ValueError) as error:
        raise DocumentTooLargeError(f"This can't be read: {type(error).__name__}.") from None
    level, depth, nodes = [value], 0, 0
    while level:  # level by level, so that depth can't exhaust the stack
        depth += 1
        nodes += len(level) + sum(len(item) for item in level if isinstance(item, dict))
        if depth > MAX_DEPTH or nodes > size.nodes:
            raise DocumentTooLargeError(f"The file holds more than {size.nodes} values or {MAX_DEPTH} levels.")
        inside = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        for item in level:
            _check_texts(item, text)
        level = [child for children in inside for child in children]
    return value


def _check_texts(value: Any, text: str) -> None:
    """Refuse what JSON can escape but nothing can store; the line is that of the first such escape."""
    texts = value if isinstance(value, dict) else [value] if isinstance(value, str) else ()
    if any(_UNSTORABLE.search(one) for one in texts):
        escape = _UNSTORABLE_ESCAPE.search(text)
        raise CharacterError(_BAD_CHARACTER, text.count("\n", 0, escape.start()) + 1 if escape else 1)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add answers None
        raise DuplicateKeyError(f"The key {twice[:80]} stands twice in one object.")
    return found


def _refuse_constant(name: str) -> None:
    raise DocumentError(f"{name} is no JSON number.")


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence being filled."""

    container: Any
    line: int
    anchor: str | None
    nodes_before: int
    key: str | None = None
    is_merge: bool = False
    merged: list[Any] = field(default_factory=list)


class _Builder:
    """Turns one document's events into a value."""

    def __init__(self, text: str, size: Size) -> None:
        self._text = text
        self._most = size.nodes
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._roots: list[Any] = []

    def build(self) -> Any:
        for event in _events(self._text):
            self._take(event)
        if len(self._roots) != 1:
            raise DocumentError(f"A file must hold exactly one document, this one holds {len(self._roots)}.")
        return self._roots[0]

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.ScalarEvent):
            self._count(1, line)
            self._scalar(event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._count(1, line)
            self._open(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise DocumentError(f"The alias *{event.anchor} has no finished anchor before it.", line)
            value, nodes = self._anchors[event.anchor]
            self._count(nodes, line)
            self._put(value, line)

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > self._most:
            raise DocumentTooLargeError(f"The file holds more than {self._most} values.", line)

    def _open(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if event.tag not in _TAGS_OF_CONTAINERS:
            raise DocumentError(f"The tag {event.tag} is not allowed.", line)
        if len(self._frames) >= MAX_DEPTH:
            raise DocumentTooLargeError(f"The file nests deeper than {MAX_DEPTH} levels.", line)
        if self._frames and isinstance(self._frames[-1].container, dict) and self._frames[-1].key is None:
            raise DocumentError("A key must be text.", line)
        container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._frames.append(_Frame(container, line, event.anchor, self._nodes - 1))

    def _close(self) -> None:
        frame = self._frames.pop()
        for more in frame.merged:
            frame.container.update({key: value for key, value in more.items() if key not in frame.container})
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.container, self._nodes - frame.nodes_before)
        self._put(frame.container, frame.line)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        is_plain = not event.style and event.tag is None
        if event.tag not in {None, "!", _TAG_TEXT}:
            raise DocumentError(f"The tag {event.tag} is not allowed.", line)
        if _UNSTORABLE.search(event.value):
            raise CharacterError(_BAD_CHARACTER, line)
        frame = self._frames[-1] if self._frames else None
        if frame and isinstance(frame.container, dict) and frame.key is None:
            if event.value in frame.container:
                raise DuplicateKeyError(f"The key {event.value[:80]} stands here for the second time.", line)
            frame.is_merge = is_plain and event.value == "<<"
            frame.key = event.value  # JSON's keys are text: `yes:` is "yes" and `1:` is "1"
            return
        value = _resolve(event.value, line) if is_plain else event.value
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, line)

    def _put(self, value: Any, line: int) -> None:
        if not self._frames:
            self._roots.append(value)
            return
        frame = self._frames[-1]
        if isinstance(frame.container, list):
            frame.container.append(value)
        elif frame.key is None:
            raise DocumentError("A key must be text.", line)
        elif frame.is_merge:
            frame.merged += _mappings(value, line)
            frame.key = None
        else:
            frame.container[frame.key] = value
            frame.key = None


def _events(text: str) -> Iterator[yaml.Event]:
    if len(_DIRECTIVE.findall(text)) > _MAX_DIRECTIVES:  # the parser compares each with each
        raise DocumentTooLargeError(f"The file holds more than {_MAX_DIRECTIVES} directives (%).")
    try:
        parser = CParser(text)
        while (event := parser.get_event()) is not None:
            yield event
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DocumentError(f"This is no YAML: {error.problem}.", line) from None
    except yaml.YAMLError as error:  # a character that YAML forbids; it has no mark
        position = getattr(error, "position", 0) or 0
        raise DocumentError("The file holds a character that YAML forbids.", text.count("\n", 0, position) + 1) from None


def _mappings(value: Any, line: int) -> list[Any]:
    """What `<<` merges: one mapping or several."""
    several = value if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in several):
        raise DocumentError("<< merges mappings only.", line)
    return several


def _resolve(text: str, line: int) -> Any:
    """The value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        value = yaml_numbers.number(text)
    except yaml_numbers.NotFiniteError:
        raise DocumentError(f"{text} is no JSON number.", line) from None
    except ValueError:
        raise DocumentTooLargeError("The number is too large or has too many digits.", line) from None
    return text if value is None else value
