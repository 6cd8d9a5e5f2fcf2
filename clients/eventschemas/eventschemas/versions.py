"""Makes a version's files from its `current.yaml`: the self-contained schema in each form, and the links that name it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eventplatform.core import names
from eventplatform.core.errors import RejectedError
from registry.schema import documents, rendering

CURRENT = "current.yaml"


class CurrentIdError(RejectedError):
    """The `$id` of a `current.yaml` doesn't say which version it is to become."""

    code = "schema.current_id"
    message = "The $id of {path} {reason}."
    remedy = "Write $id: /<title>/<version>; the version is the one that the next materialising makes."


@dataclass(frozen=True, slots=True)
class Written:
    """What a version consists of, by paths below the folder of schemas: files with their text, links with their targets."""

    schema_id: str
    document: Mapping[str, Any]
    files: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)


def read(text: str, path: str) -> dict[str, Any]:
    """A schema file's document, known to have an `$id` of title and version."""
    document = documents.load(text, is_json=path.endswith(".json"))
    schema_id = document.get("$id") if isinstance(document, dict) else None
    if not isinstance(schema_id, str) or not names.is_schema_id(schema_id):
        raise CurrentIdError(path=path, reason="is missing, or no schema id", pointer="/$id")
    if not names.VERSION.fullmatch(names.split_schema_id(schema_id)[1]):
        raise CurrentIdError(path=path, reason="ends in no version", pointer="/$id")
    found: dict[str, Any] = document
    return found


def written(
    folder: str,
    whole: Mapping[str, Any],
    *,
    kinds: Sequence[str] = ("yaml",),
    is_newest: bool = True,
    with_latest: bool = True,
    with_links: bool = True,
) -> Written:
    """The files and links of a version in `folder`; the first of `kinds` is what names without an ending lead to."""
    version = names.split_schema_id(str(whole["$id"]))[1]
    texts = {kind: rendering.as_json(whole) if kind == "json" else rendering.as_yaml(whole) for kind in kinds}
    files = {posixpath.join(folder, f"{version}.{kind}"): text for kind, text in texts.items()}
    links = {}
    if with_links:
        links[posixpath.join(folder, version)] = f"{version}.{kinds[0]}"
    if with_latest and with_links and is_newest:
        links[posixpath.join(folder, "latest")] = f"{version}.{kinds[0]}"
    if with_latest and is_newest:
        links |= {posixpath.join(folder, f"latest.{kind}"): f"{version}.{kind}" for kind in kinds}
    return Written(str(whole["$id"]), whole, files, links)
