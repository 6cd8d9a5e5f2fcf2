"""The schema repository that the command works on: its folder, its configuration, and what it refers to elsewhere."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from eventplatform.core.errors import RejectedError
from eventschemas import elsewhere, versions
from eventschemas.history import History
from registry.guidelines import config
from registry.guidelines.contract import Profile
from registry.schema.materialise import Materialiser
from registry.schema.repository_files import Found, read_folder

Find = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Workspace:
    """A folder on this machine. Everything is read once; the command runs once."""

    root: Path
    configuration: config.Configuration

    @classmethod
    def at(cls, root: Path, *, profile: Profile | None = None) -> Workspace:
        """The repository in a folder, with the configuration files that lie in it; `profile` overrules theirs.

        Raises:
            RejectedError: a configuration file says something that can't be understood; with the place.
        """
        texts = {name: (root / name).read_text(encoding="utf-8") for name in config.FILE_NAMES if (root / name).is_file()}
        configuration = config.read(texts)
        return cls(root.resolve(), replace(configuration, profile=profile) if profile else configuration)

    @property
    def schema_folder(self) -> str:
        """The folder of titles, relative to the root."""
        return posixpath.normpath(self.configuration.schema_base_path)

    @cached_property
    def found(self) -> Found:
        """The repository's files."""
        return read_folder(self.root, self.schema_folder)

    @cached_property
    def _own(self) -> dict[str, Mapping[str, Any]]:
        """The repository's version files by `$id`."""
        return _by_id({file.path: file.text for file in self.found.files})

    @cached_property
    def published(self) -> frozenset[str]:
        """The version files (below the folder of schemas) that are committed; without git all of them, as nobody can tell."""
        history = History(self.root)
        if not history.is_there:
            return frozenset(file.path for file in self.found.files)
        committed = history.files_at("HEAD") if history.has_commits else {}
        prefix = f"{self.schema_folder}/"
        return frozenset(path.removeprefix(prefix) for path in committed if path.startswith(prefix))

    @cached_property
    def _currents(self) -> dict[str, Mapping[str, Any]]:
        """What is being written, by `$id`; it counts before a version file that is not published yet."""
        every = _by_id({f"{folder}/{versions.CURRENT}": text for folder, text in self.found.currents.items()})
        published = _by_id({file.path: file.text for file in self.found.files if file.path in self.published})
        return {schema_id: document for schema_id, document in every.items() if schema_id not in published}

    @cached_property
    def find_elsewhere(self) -> Find:
        """Looks up a schema by its id in the other repositories, in their order."""
        uris = [uri for uri in self.configuration.schema_base_uris if not self._is_own(uri)]
        return elsewhere.finder(elsewhere.sources_of(uris, self.root))

    @cached_property
    def _materialiser(self) -> Materialiser:
        def load(schema_id: str) -> Mapping[str, Any] | None:
            return self._own.get(schema_id) or self.find_elsewhere(schema_id)

        return Materialiser(load, currents=self._currents, bounds=self.configuration.numeric_bounds)

    def materialised(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The self-contained form of a document of this repository: bounded numbers where the configuration asks for them.

        Raises:
            RejectedError: a reference can't be followed, or parts contradict each other.
        """
        return self._materialiser.materialise(document)

    def shown(self, path: str) -> str:
        """A path below the folder of titles as seen from the root."""
        return posixpath.join(self.schema_folder, path)

    def _is_own(self, uri: str) -> bool:
        return "://" not in uri and (self.root / uri).resolve() == (self.root / self.schema_folder).resolve()


def _by_id(texts: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """The documents that can be read; what can't is told by the check of that file itself."""
    found: dict[str, Mapping[str, Any]] = {}
    for path, text in texts.items():
        try:
            document = versions.read(text, path)
        except RejectedError:
            continue
        found[str(document["$id"])] = document
    return found
