"""Reads a repository's settings: `.jsonschema-tools.yaml` as it stands, and `.eventschemas.yaml`, our own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from eventplatform.core.errors import RejectedError
from registry.guidelines.contract import Profile, Waived
from registry.guidelines.waivers import is_pattern, matches
from registry.schema import documents
from registry.schema.materialise import SAFE_BOUNDS, Bounds

REFERENCE_FILE = ".jsonschema-tools.yaml"
OWN_FILE = ".eventschemas.yaml"
FILE_NAMES = (REFERENCE_FILE, OWN_FILE)
LEVELS = (*(f"{word}{end}" for word in ("BACKWARD", "FORWARD", "FULL") for end in ("", "_TRANSITIVE")), "NONE")

# What only steers that tool's writing, logging and use of git: read, and of no meaning here.
_WITHOUT_MEANING = frozenset(
    {
        "configPaths",
        "diffCommand",
        "dryRun",
        "gitDiffCommit",
        "gitStaged",
        "log",
        "logLevel",
        "shouldDereference",
        "shouldGitAdd",
    }
)
_WAIVER_WORDS = frozenset({"author", "ends_on", "pointer", "reason", "rule", "title", "version"})


class ConfigError(RejectedError):
    """A settings file that says what can't be meant; `line` counts from 1."""

    code = "guidelines.config"
    message = "{file}:{line}: {reason}"
    remedy = "{how}"

    def __init__(self, *, file: str, line: int, reason: str, how: str, pointer: str = "") -> None:
        super().__init__(pointer=pointer, file=file, line=line, reason=reason, how=how)


@dataclass(frozen=True)
class Configuration:
    """How a repository wants to be judged."""

    profile: Profile = "strict"
    compatibility: str = "BACKWARD_TRANSITIVE"
    waivers: tuple[Waived, ...] = ()
    schema_base_path: str = "jsonschema"
    schema_base_uris: tuple[str, ...] = ()
    content_types: tuple[str, ...] = ("yaml", "json")
    current_name: str = "current"
    numeric_bounds: Bounds | None = SAFE_BOUNDS
    ignored: tuple[str, ...] = ()
    should_symlink_latest: bool = True
    should_symlink_extensionless: bool = True
    should_generate_example: bool = False
    notes: tuple[str, ...] = field(default=())  # what was read and means nothing here

    @property
    def current_file(self) -> str:
        """`current.yaml`, as it is called here."""
        return self.current_name if "." in self.current_name[1:] else f"{self.current_name}.{self.content_types[0]}"

    @property
    def links(self) -> bool:
        """Whether each version has a name without an ending."""
        return self.should_symlink_extensionless

    def ignores(self, schema_id: str) -> bool:
        """Whether ignoreSchemas leaves a schema out of everything."""
        return any(matches(pattern, schema_id) for pattern in self.ignored)


def read(texts: Mapping[str, str]) -> Configuration:
    """The settings of a repository by the texts of its files (`FILE_NAMES`), each of which may be absent.

    Without a file of ours, that of jsonschema-tools alone asks for that tool's verdicts: the compatible profile.

    Raises:
        ConfigError: with file, line and remedy.
    """
    reference, own = (_Reader(name, texts[name]) if name in texts else None for name in FILE_NAMES)
    config = Configuration(content_types=("yaml",)) if reference is None else _of_reference(reference)
    return config if own is None else _with_own(config, own)


class _Reader:
    """Takes values out of a settings file, each of the kind that is meant, or says what is wrong and where."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self.values: Mapping[str, Any] = self._load(text) or {}
        if not isinstance(self.values, dict):
            raise self.error("", "The file must hold settings by name.", "Write name: value, one a line.")

    def _load(self, text: str) -> Any:
        try:
            return documents.load(text) if text.strip() else None
        except documents.DocumentError as error:
            raise ConfigError(file=self._file, line=error.line, reason=str(error), how=error.hint) from None

    def error(self, pointer: str, reason: str, how: str) -> ConfigError:
        line = documents.line_of(self._text, pointer)
        return ConfigError(file=self._file, line=line, reason=reason, how=how, pointer=pointer)

    def take(self, name: str, is_right: Callable[[Any], bool], kind: str, default: Any) -> Any:
        value = self.values.get(name, default)
        if name in self.values and not is_right(value):
            raise self.error(f"/{name}", f"{name} must be {kind}.", f"Write {name}: {kind}.")
        return value

    def unknown(self, known: frozenset[str]) -> Iterator[str]:
        return (name for name in self.values if name not in known)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_bounds(value: Any) -> bool:
    numbers = value if isinstance(value, list) else []
    are_numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
    return value in (False, None) or (len(numbers) == 2 and are_numbers and numbers[0] <= numbers[1])  # noqa: PLR2004  # a minimum and a maximum


def _of_reference(reader: _Reader) -> Configuration:
    bounds = reader.take("enforcedNumericBounds", _is_bounds, "a minimum and a maximum, or false", list(SAFE_BOUNDS))
    names = "a list of content types"
    config = Configuration(
        profile="compatible",
        schema_base_path=reader.take("schemaBasePath", _is_text, "a folder", "jsonschema"),
        schema_base_uris=tuple(reader.take("schemaBaseUris", _is_texts, "a list of addresses", [])),
        content_types=tuple(reader.take("contentTypes", lambda v: _is_texts(v) and bool(v), names, ["yaml", "json"])),
        current_name=reader.take("currentName", _is_text, "a file's name", "current"),
        numeric_bounds=(bounds[0], bounds[1]) if bounds else None,
        ignored=tuple(reader.take("ignoreSchemas", _is_texts, "a list of regular expressions", [])),
        should_symlink_latest=reader.take("shouldSymlinkLatest", _is_bool, "true or false", True),
        should_symlink_extensionless=reader.take("shouldSymlinkExtensionless", _is_bool, "true or false", True),
        should_generate_example=reader.take("shouldGenerateExample", _is_bool, "true or false", False),
    )
    for index, pattern in enumerate(config.ignored):
        _check_pattern(reader, f"/ignoreSchemas/{index}", pattern)
    reader.take("schemaVersionField", lambda value: value == "$id", "$id, the only field that names a version", "$id")
    reader.take("schemaTitleField", lambda value: value == "title", "title, the only field that names a title", "title")
    return replace(config, waivers=tuple(_skipped(reader)), notes=tuple(_notes(reader)))


_KNOWN = frozenset(
    {
        *("schemaBasePath", "schemaBaseUris", "contentTypes", "currentName", "enforcedNumericBounds", "ignoreSchemas"),
        *("shouldSymlinkLatest", "shouldSymlinkExtensionless", "shouldGenerateExample", "skipSchemaTestCases"),
        *("schemaVersionField", "schemaTitleField"),
        *_WITHOUT_MEANING,
    }
)


def _notes(reader: _Reader) -> Iterator[str]:
    for name in reader.unknown(_KNOWN):
        yield f"{REFERENCE_FILE}: {name} is no setting of jsonschema-tools 1.3.0, and means nothing here."


def _skipped(reader: _Reader) -> Iterator[Waived]:
    skips = reader.take("skipSchemaTestCases", lambda value: isinstance(value, dict), "rules by regular expression", {})
    for pattern, rules in skips.items():
        place = f"/skipSchemaTestCases/{pattern.replace('~', '~0').replace('/', '~1')}"
        if not _is_texts(rules):
            raise reader.error(place, f"{pattern} must have a list of rule names.", "Write a list, as - schema-is-valid.")
        _check_pattern(reader, place, pattern)
        yield from (Waived(rule=rule, title="", id_pattern=pattern) for rule in rules)


def _check_pattern(reader: _Reader, place: str, pattern: str) -> None:
    if not is_pattern(pattern):
        raise reader.error(place, f"{pattern} is no regular expression.", "Write one as JavaScript knows it.")


def _with_own(config: Configuration, reader: _Reader) -> Configuration:
    known = frozenset({"profile", "compatibility", "waivers", "schema_folder", "repositories"})
    for name in reader.unknown(known):
        raise reader.error(f"/{name}", f"{name} is no setting.", f"The settings are {', '.join(sorted(known))}.")
    return replace(
        config,
        profile=reader.take("profile", lambda value: value in ("strict", "compatible"), "strict or compatible", "strict"),
        compatibility=reader.take("compatibility", lambda value: value in LEVELS, " or ".join(LEVELS), config.compatibility),
        schema_base_path=reader.take("schema_folder", _is_text, "a folder", config.schema_base_path),
        schema_base_uris=tuple(
            reader.take("repositories", _is_texts, "a list of addresses or folders", config.schema_base_uris)
        ),
        waivers=(*config.waivers, *_waivers(reader)),
    )


def _waivers(reader: _Reader) -> Iterator[Waived]:
    given: Sequence[Any] = reader.take("waivers", lambda value: isinstance(value, list), "a list of waivers", [])
    for index, waiver in enumerate(given):
        place = f"/waivers/{index}"
        if not isinstance(waiver, dict):
            raise reader.error(place, "A waiver must have names and values.", "Write rule, title, reason and ends_on.")
        for name, value in waiver.items():
            if name not in _WAIVER_WORDS or not _is_text(value):
                known = ", ".join(sorted(_WAIVER_WORDS))
                raise reader.error(f"{place}/{name}", f"{name} is no text of a waiver.", f"Write texts: {known}.")
        yield _waiver(reader, place, waiver)


def _waiver(reader: _Reader, place: str, waiver: Mapping[str, str]) -> Waived:
    for name in ("rule", "title", "reason", "ends_on"):
        if name not in waiver:
            raise reader.error(place, f"The waiver has no {name}.", f"Add {name}: a waiver has a rule, title, reason and end.")
    ends_on = _date(waiver["ends_on"])
    if ends_on is None:
        raise reader.error(f"{place}/ends_on", f"{waiver['ends_on']} is no date.", "Write it as 2027-06-30.")
    return Waived(**{name: value for name, value in waiver.items() if name != "ends_on"}, ends_on=ends_on)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None
