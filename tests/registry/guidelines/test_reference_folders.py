"""Checks of a repository's files: the same verdicts as the reference over folders that were changed by chance."""

from __future__ import annotations

import json
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry.guidelines import config, repository, samples
from registry.guidelines.listing import Listing
from registry.schema import documents, rendering
from tests.oracles.node import OracleError, Reference, reference
from tests.registry.guidelines.reference_cases import failing, is_crash, rule_of_structure

pytestmark = pytest.mark.slow
TODAY = date(2026, 11, 25)
SEED = 11
FOLDERS = 250
# Whatever is wrong there, the reference tells of nothing else: these silence all other checks of the whole run.
SILENCING = {"S2", "S5"}

Change = Callable[[random.Random, Path], None]


def _lay_out(root: Path) -> None:
    """A repository that passes: two titles, one of them with two versions and a JSON twin of each."""
    for title, numbers in (("page/view", ("1.0.0", "1.1.0")), ("page/hide", ("2.0.0",))):
        folder = root / title
        folder.mkdir(parents=True)
        for number in numbers:
            document = _document(title, number)
            _write(folder / f"{number}.yaml", document)
            (folder / f"{number}.json").write_text(json.dumps(document))
            (folder / number).symlink_to(f"{number}.yaml")
        shutil.copy(folder / f"{numbers[-1]}.yaml", folder / "current.yaml")
        for link, target in (("latest", "yaml"), ("latest.yaml", "yaml"), ("latest.json", "json")):
            (folder / link).symlink_to(f"{numbers[-1]}.{target}")


def _document(title: str, number: str) -> dict[str, Any]:
    schema_id = f"/{title}/{number}"
    example = {**samples.sample()["examples"][0], "$schema": schema_id}
    return {**samples.sample(), "title": title, "$id": schema_id, "examples": [example]}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(rendering.as_yaml(document) if path.suffix == ".yaml" else json.dumps(document))


def _file(chance: random.Random, root: Path, pattern: str = "*.yaml") -> Path | None:
    found = sorted(path for path in root.rglob(pattern) if path.is_file() and not path.is_symlink())
    return chance.choice(found) if found else None


def _edit(chance: random.Random, root: Path) -> None:
    path = _file(chance, root, chance.choice(("*.yaml", "*.json", "current.yaml")))
    if path is not None:
        changes = (
            {"title": "page/other"},
            {"title": "page/hide"},
            {"description": "Otherwise."},
            {"$id": "/page/view/1.0.0"},
            {"$id": "/page/view/1.2.0"},
            {"$id": "/view/1.1.0"},
            {"$id": "/page/hide/2.0.0"},
            {"$id": "page/view/1.1"},
            {"minProperties": 1},
        )
        document = json.loads(path.read_text()) if path.suffix == ".json" else documents.load(path.read_text())
        _write(path, {**document, **chance.choice(changes)})


def _remove(chance: random.Random, root: Path) -> None:
    path = chance.choice(sorted(one for one in root.rglob("*") if one.is_symlink() or one.is_file()))
    path.unlink()


def _relink(chance: random.Random, root: Path) -> None:
    links = sorted(path for path in root.rglob("*") if path.is_symlink())
    if links:
        path = chance.choice(links)
        path.unlink()
        target = chance.choice(
            ("1.0.0.yaml", "./1.1.0.yaml", "2.0.0.json", "latest.yaml", "../hide/2.0.0.yaml", "absent", "1.1.0")
        )
        path.symlink_to(target) if target != path.name else path.write_text("title: x\n")


def _rename(chance: random.Random, root: Path) -> None:
    path = _file(chance, root, chance.choice(("*.yaml", "*.json")))
    names = ("1.0.0", "1.2.0", "1.1.0-beta", "v1.0.0", "1.0", "current", "draft", "01.0.0")
    target = path.with_name(chance.choice(names) + path.suffix) if path else None
    if path and target and not target.is_symlink():
        path.rename(target)


def _extra(chance: random.Random, root: Path) -> None:
    folder = root / chance.choice(("page/view", "page/hide", "page", "page/third"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / chance.choice(("current", "README.md", "0.9.0.yaml", "1.1.0.json", "current.json", "notes.yaml"))
    if not path.exists() and not path.is_symlink():
        _write(path.with_suffix(".yaml") if path.suffix == "" else path, _document("page/view", "0.9.0"))
        if path.suffix == "":
            path.with_suffix(".yaml").rename(path)


CHANGES: tuple[Change, ...] = (_edit, _edit, _remove, _remove, _relink, _relink, _rename, _extra)
SETTINGS: tuple[dict[str, Any], ...] = (
    {"contentTypes": ["yaml"]},
    {"contentTypes": ["yaml"]},
    {"contentTypes": ["yaml", "json"]},
    {"contentTypes": ["json", "yaml"], "currentName": "current.yaml"},
    {"contentTypes": ["yaml"], "shouldSymlinkLatest": False},
    {"contentTypes": ["yaml"], "shouldSymlinkExtensionless": False},
    {"contentTypes": ["yaml"], "ignoreSchemas": ["^/page/hide"]},
    {"contentTypes": ["yaml"], "currentName": "draft"},
)


def _theirs(oracle: Reference, root: Path, settings: dict[str, Any]) -> dict[str, set[str]] | None:
    """The numbers of failed checks by title; None where the reference has no verdict."""
    options = {**settings, "schemaBaseUris": [f"{root}/"]}
    try:
        verdicts = oracle.ask("repository", folder=f"{root}/", suites=["structure"], options=options)
    except OracleError:
        return None
    if any(is_crash(one) for one in verdicts):
        return None
    failed: dict[str, set[str]] = defaultdict(set)
    for one in verdicts:
        if one["verdict"] == "fail":
            failed[one["groups"][1].removeprefix("Schema with title ")].add(rule_of_structure(one["title"]))
    return failed


def _ours(root: Path, settings: dict[str, Any]) -> dict[str, set[str]]:
    listing = Listing.of_folder(root)
    configuration = config.read({".jsonschema-tools.yaml": json.dumps(settings)})
    titles = {file.path: str(file.title) for file in listing.schema_files(configuration)}
    failed: dict[str, set[str]] = defaultdict(set)
    for path, findings in repository.check(listing, configuration, today=TODAY).files.items():
        folder = path.rpartition("/")[0]
        neighbour = next((title for one, title in titles.items() if one.startswith(f"{folder}/")), folder)
        for number in failing(findings):
            if number == "S5":  # of the title that has no current, whatever the file there calls itself
                failed[folder].add(number)
            elif number.startswith("S"):
                failed[titles.get(path, neighbour)].add(number)
    return failed


def _heard(failed: dict[str, set[str]], *, titles: Iterable[str]) -> dict[str, set[str]]:
    """What the reference lets be heard: where one check silences the others, only that one."""
    silencing = {title: failed.get(title, set()) & SILENCING for title in titles}
    silencing = {title: numbers for title, numbers in silencing.items() if numbers}
    return silencing or {title: numbers for title, numbers in failed.items() if numbers}


def test_changed_folders__structure__same_verdicts_as_the_reference(tmp_path: Path) -> None:
    oracle = reference()
    chance = random.Random(SEED)  # noqa: S311  # repeatable is what it must be
    wrong, judged, failing_ones = [], 0, 0
    for number in range(FOLDERS):
        root = tmp_path / str(number)
        _lay_out(root)
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            chance.choice(CHANGES)(chance, root)
        settings = chance.choice(SETTINGS)

        theirs, ours = _theirs(oracle, root, settings), _ours(root, settings)

        if theirs is not None:
            heard = _heard(ours, titles=ours)
            judged += 1
            failing_ones += bool(theirs)
            if heard != theirs:
                wrong.append((number, settings, theirs, heard))
    assert wrong == []
    assert judged > FOLDERS * 0.6
    assert failing_ones > FOLDERS * 0.3
