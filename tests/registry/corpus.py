"""The reference's primary repository, unpacked once per run where its data is present."""

from __future__ import annotations

import functools
import re
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings

from registry.schema import documents, formats
from registry.schema.repository_files import read_folder


@functools.cache
def _unpacked() -> tuple[tempfile.TemporaryDirectory[str], Path] | None:
    archive = Path(settings.REFERENCE_DATA_DIR) / "schemas-primary.tar.gz"
    if not archive.exists():
        return None
    folder = tempfile.TemporaryDirectory(prefix="ep-corpus-")
    with tarfile.open(archive) as content:
        content.extractall(folder.name, filter="data")
    return folder, Path(folder.name) / "schemas-primary"


def repository() -> Path:
    """The repository's folder; skips the test where the data is not there."""
    found = _unpacked()
    if found is None:
        pytest.skip("the reference's data is not there (REFERENCE_DATA_DIR)")
    return found[1]


@functools.cache
def versions() -> dict[str, dict[str, Any]]:
    """All published documents by id."""
    read = (documents.load(file.text) for file in read_folder(repository()).files)
    return {document["$id"]: document for document in read}


def oracle(document: Mapping[str, Any]) -> jsonschema.Draft7Validator:
    """An independent validator with the same idea of formats: patterns run by Python's own engine."""
    checker = jsonschema.FormatChecker(formats=())
    for name, patterns in formats.PATTERNS.items():
        compiled = [re.compile(pattern.removesuffix("$") + r"\Z") for pattern in patterns]
        checker.checks(name)(lambda value, every=compiled: not isinstance(value, str) or all(p.match(value) for p in every))
    return jsonschema.Draft7Validator(dict(document), format_checker=checker)
