"""Configuration kept in git: a folder of YAML or JSON files, each with a part of the document.

`defaults.yaml`, `teams.yaml` … and `streams/<name>.yaml` is how `write` lays them out; any other division is read alike. A part
that some file names is complete: what is there and no file names is to go. A part that no file names stays as it is. Order is
that of what is there already; what is new comes behind it, by the files' paths.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry.schema import documents
from streamconfig.configuration.changes import DEFAULTS
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.configuration.sections import NAMES
from streamconfig.configuration.setting_types import Problem
from streamconfig.exchange.errors import Finding, ImportRefusedError, UnreadableError
from streamconfig.exchange.files import Given, as_yaml

_SUFFIXES = {".yaml", ".yml", ".json"}
_MAX_FILES = 20_000
_BY_ITEM = {STREAMS, "instruments"}  # parts with a file for each item
_PARTS = (DEFAULTS, STREAMS, *NAMES)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(slots=True)
class _Gathered:
    document: dict[str, Any] = field(default_factory=dict)
    homes: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # part and item → file and its text
    findings: list[Finding] = field(default_factory=list)


def read(folder: Path, before: Document) -> Given:
    """What the folder says, completed by the parts of what is there that no file names.

    Raises:
        UnreadableError: there is no such folder, or no file in it.
        ImportRefusedError: files that can't be read, or say something twice.
    """
    gathered = _Gathered()
    count = 0
    for path in _files(folder):
        count += 1
        _gather(path, path.relative_to(folder).as_posix(), gathered)
    if gathered.findings:
        raise ImportRefusedError(gathered.findings)
    if not count:
        raise UnreadableError(f"{folder} holds no files of configuration.")
    held = before.as_json()
    parts = {part: _in_order(found, held.get(part, {})) for part, found in gathered.document.items()}
    return Given({**held, **parts}, place=lambda problem: _place(problem, gathered))


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise UnreadableError(f"There is no folder {folder}.")
    found = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    kept = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if len(kept) > _MAX_FILES:
        raise UnreadableError(f"{folder} holds {len(kept)} files, more than {_MAX_FILES}.")
    yield from kept


def _gather(path: Path, name: str, gathered: _Gathered) -> None:
    parsed, text = _parsed(path, name, gathered)
    for part, items in parsed.items():
        if part not in _PARTS or not isinstance(items, Mapping):
            remedy = f"Write one of {', '.join(_PARTS)} with a map below it."
            gathered.findings.append(
                Finding(name, "exchange.bad_part", f"{str(part)[:60]} is no part of a configuration.", remedy)
            )
            continue
        for key in ("",) if part == DEFAULTS else items:
            home = gathered.homes.setdefault((part, str(key)), (name, text))
            if home[0] != name:
                what = part if part == DEFAULTS else f"{part} {key}"
                gathered.findings.append(
                    Finding(name, "exchange.named_twice", f"{what} stands in {home[0]} too.", "Keep one of the two.")
                )
        gathered.document.setdefault(part, {}).update(items)


def _parsed(path: Path, name: str, gathered: _Gathered) -> tuple[Mapping[Any, Any], str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        parsed = documents.load(text, is_json=path.suffix == ".json", is_configuration=True)
    except documents.DocumentError as error:
        gathered.findings.append(Finding(f"{name}:{error.line}", error.code, str(error), error.hint))
    except (OSError, UnicodeDecodeError) as error:
        gathered.findings.append(Finding(name, "exchange.unreadable", f"It can't be read: {error}.", "Save it as UTF-8 text."))
    else:
        if parsed is None:
            return {}, text
        if isinstance(parsed, Mapping):
            return parsed, text
        gathered.findings.append(
            Finding(name, "exchange.bad_part", "The file is no map.", "Write `streams:` with a map below it.")
        )
    return {}, ""


def _in_order(found: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in dict.fromkeys([*(key for key in held if key in found), *found])}


def _place(problem: Problem, gathered: _Gathered) -> str:
    is_defaults = problem.stream == DEFAULTS
    part = DEFAULTS if is_defaults else problem.section
    name, text = gathered.homes.get((part, "" if is_defaults else problem.stream), ("", ""))
    if not name:
        return ""
    escaped = problem.stream.replace("~", "~0").replace("/", "~1")
    pointer = f"/{part}{problem.pointer}" if is_defaults else f"/{part}/{escaped}{problem.pointer}"
    return f"{name}:{documents.line_of(text, pointer)}"


def texts(document: Document) -> dict[str, str]:
    """The files of a folder, by their path in it."""
    found: dict[str, str] = {}
    for part, items in document.as_json().items():
        if part in _BY_ITEM:
            found |= {f"{part}/{_file_name(key)}.yaml": as_yaml({part: {key: item}}) for key, item in items.items()}
        elif items:
            found[f"{part}.yaml"] = as_yaml({part: items})
    return found


def _file_name(key: str) -> str:
    """The key, where it can name a file anywhere; else what can of it, and a mark that no other key has."""
    safe = _UNSAFE.sub("_", key).strip("._")
    if safe == key and len(key) <= 100 and key.lower() == key:  # noqa: PLR2004  # some file systems know no case
        return key
    return f"{safe[:80] or 'pattern'}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def write(document: Document, folder: Path) -> tuple[int, tuple[str, ...]]:
    """Lay the configuration out in a folder; answers the number of files, and those that were there and say nothing any more.

    Files of a part's own folder that name nothing any more are taken away; others are left alone.
    """
    wanted = texts(document)
    gone = [path for part in _BY_ITEM for path in (folder / part).glob("*.yaml") if f"{part}/{path.name}" not in wanted]
    for name, text in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in gone:
        path.unlink()
    return len(wanted), tuple(sorted(path.relative_to(folder).as_posix() for path in gone))
