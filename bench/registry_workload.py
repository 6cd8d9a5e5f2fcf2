"""Schema repositories to measure with: the real one, copies of it, and as many versions as a large site has."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from eventplatform import env
from registry.schema.repository_files import Found, VersionFile, read_folder

VERSIONS_OF_A_TITLE = 10
_ARCHIVE = "schemas-primary.tar.gz"
_SMALLEST, _LARGEST = 3_000, 10_000  # characters of a version's file
_EXAMPLES = env.ROOT / "examples/schemas/primary"


def real(data: Path, folder: Path) -> Found | None:
    """The reference's primary repository, where its data is there."""
    if not (data / _ARCHIVE).exists():
        return None
    with tarfile.open(data / _ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return read_folder(folder / _ARCHIVE.removesuffix(".tar.gz"))


def renamed(found: Found, name: str) -> Found:
    """The same files under other titles, which begin with `name`."""
    files = [_file(f"{name}/{file.path}", file, _with_prefix(file.text, name)) for file in found.files]
    currents = {f"{name}/{folder}": _with_prefix(text, name) for folder, text in found.currents.items()}
    return replace(found, files=tuple(files), currents=currents, changelogs={}, links={})


def large(found: Found | None, number: int, versions: int) -> Found:
    """A repository of its own with that many versions, ten of each title; each version adds a field to the one before."""
    models = list(_models((found or read_folder(_EXAMPLES)).files))
    files = []
    for index in range(versions):
        title_number, minor = divmod(index, VERSIONS_OF_A_TITLE)
        model = models[(title_number + number) % len(models)]
        files.append(_generation(model, f"team{number}/thing{title_number}", minor))
    return Found(tuple(files), ())


def _models(files: tuple[VersionFile, ...]) -> Iterator[VersionFile]:
    """Files of an honest size, grown where all are small."""
    fitting = [file for file in files if _SMALLEST <= len(file.text) <= _LARGEST and "\nproperties:\n" in file.text]
    yield from fitting or [file for file in files if "\nproperties:\n" in file.text]


def _generation(model: VersionFile, title: str, minor: int) -> VersionFile:
    more = "".join(
        f"  added_in_{number}:\n    type: string\n    maxLength: 255\n    description: What version {number} of {title} added\n"
        for number in range(minor)
    )
    text = re.sub(r"^\$id: .*$", f"$id: /{title}/1.{minor}.0", model.text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^title: .*$", f"title: {title}", text, count=1, flags=re.MULTILINE)
    text = text.replace("\nproperties:\n", f"\nproperties:\n{more}", 1)
    return _file(f"{title}/1.{minor}.0.yaml", replace(model, version=f"1.{minor}.0"), text)


def _file(path: str, file: VersionFile, text: str) -> VersionFile:
    return replace(file, path=path, text=text, raw_hash=hashlib.sha256(text.encode()).hexdigest())


def _with_prefix(text: str, name: str) -> str:
    text = re.sub(r"^(\$id: |\s*(?:- )?\$ref: ['\"]?)/", rf"\g<1>/{name}/", text, flags=re.MULTILINE)
    return re.sub(r"^title: ", f"title: {name}/", text, flags=re.MULTILINE)


def sizes(found: Found) -> Mapping[str, float]:
    """How large the files are."""
    lengths = [len(file.text) for file in found.files]
    return {"versions": len(lengths), "mean": sum(lengths) / len(lengths), "least": min(lengths), "most": max(lengths)}
