"""The schemas of a folder: found by id, compiled when an event first names them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from eventclient.testing.errors import SchemaFolderError
from eventclient.testing.formats import as_patterns
from eventclient.testing.reading import read

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_ENDINGS = (".yaml", ".yml", ".json", "")
_MAX_PATTERN = 2_000_000  # bytes of a pattern's machine, as at the intake


@dataclass(frozen=True)
class Schema:
    """One version. `title` is the document's own, else its id's."""

    schema_id: str
    title: str
    titles: tuple[str, str]
    document: Mapping[str, Any]
    validator: jsonschema_rs.Draft7Validator

    @classmethod
    def of(cls, document: Mapping[str, Any], schema_id: str) -> Schema:
        """Compiled; it asks the network for nothing.

        Raises:
            SchemaFolderError: it is not self-contained, or no schema.
        """
        of_id = schema_id.lstrip("/").rpartition("/")[0]
        title = document["title"] if isinstance(document.get("title"), str) else of_id
        try:
            validator = jsonschema_rs.Draft7Validator(
                as_patterns(dict(document)),
                validate_formats=True,
                offline=True,
                pattern_options=jsonschema_rs.RegexOptions(size_limit=_MAX_PATTERN),
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            message = (
                f"The schema {schema_id} can't be used: {reason}. A $ref to another file wants `eventschemas materialize`."
            )
            raise SchemaFolderError(message) from None
        return cls(schema_id, title, (title, of_id), document, validator)

    def declares(self, *path: str) -> bool:
        """Whether the schema has a property there, through `properties` alone."""
        found: Any = self.document
        for name in path:
            properties = found.get("properties") if isinstance(found, Mapping) else None
            found = properties.get(name) if isinstance(properties, Mapping) else None
        return isinstance(found, Mapping | bool)

    def fill_defaults(self, event: dict[str, Any]) -> None:
        """Set what the schema gives as `default` for absent fields, in place; as the intake does, before it judges."""
        _fill(self.document, event)


def _fill(schema: Any, value: Any) -> None:
    if not isinstance(schema, Mapping):
        return
    if isinstance(value, dict):
        for name, inside in (schema.get("properties") or {}).items():
            if name not in value and isinstance(inside, Mapping) and "default" in inside:
                value[name] = copy.deepcopy(inside["default"])
            _fill(inside, value.get(name))
    elif isinstance(value, list):
        items = schema.get("items")
        for inside, item in zip(items if isinstance(items, list) else [items] * len(value), value, strict=False):
            _fill(inside, item)
    for one in schema.get("allOf") or ():
        _fill(one, value)


class SchemaFolder:
    """`<title>/<version>.yaml` (or .json, or without an ending) below one or more folders; a repository's root will do, too."""

    def __init__(self, *roots: str | Path) -> None:
        self._roots = [_inside(Path(root)) for root in roots]
        self._known: dict[str, Schema | None] = {}

    def find(self, schema_id: str) -> Schema | None:
        """The schema of an id such as /ui/button_click/1.2.0, or None.

        Raises:
            SchemaFolderError: the file is there, and can't be used.
        """
        if schema_id not in self._known:
            self._known[schema_id] = self._found(schema_id)
        return self._known[schema_id]

    def newest(self, title: str) -> Schema | None:
        """The highest version of a title."""
        names = {file.stem if file.suffix in _ENDINGS[:3] else file.name for file in self._files(title)}
        versions = sorted((name for name in names if _VERSION.fullmatch(name)), key=lambda name: [*map(int, name.split("."))])
        return self.find(f"/{title}/{versions[-1]}") if versions else None

    def ids(self) -> Iterator[str]:
        """Every version's id."""
        for root in self._roots:
            for file in sorted(root.rglob("*")):
                name = file.stem if file.suffix in _ENDINGS[:3] else file.name
                if _VERSION.fullmatch(name) and file.is_file():
                    yield f"/{file.parent.relative_to(root).as_posix()}/{name}"

    def _found(self, schema_id: str) -> Schema | None:
        title, _, version = schema_id.lstrip("/").rpartition("/")
        if not _VERSION.fullmatch(version):
            return None
        for file in (root / title / f"{version}{ending}" for root in self._roots for ending in _ENDINGS):
            if file.is_file():
                return Schema.of(read(file), schema_id)
        return None

    def _files(self, title: str) -> Iterable[Path]:
        for root in self._roots:
            if (root / title).is_dir():
                yield from (root / title).iterdir()


def _inside(root: Path) -> Path:
    if not root.is_dir():
        raise SchemaFolderError(f"There is no folder {root}.")
    return root / "jsonschema" if (root / "jsonschema").is_dir() else root
