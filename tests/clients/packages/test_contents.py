from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packages")]

ROOT = Path(__file__).resolve().parents[3]
SECRET = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY|(?:password|secret|token)\s*=\s*[\"'][^\"'\s]{12,}[\"']")
FORMS = ["eventplatform.tgz", "eventplatform_client.whl", "eventplatform_client.gz", "eventschemas.whl"]
MOST_KB = {"eventplatform.tgz": 60, "eventplatform_client.whl": 200, "eventplatform_client.gz": 150, "eventschemas.whl": 300}


def contents(package: Path) -> Mapping[str, bytes]:
    """The files of a package by their names."""
    if package.suffix == ".whl":
        archive = zipfile.ZipFile(package)
        return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(package) as tar:
        found = ((one.name, tar.extractfile(one)) for one in tar.getmembers() if one.isfile())
        return {name.partition("/")[2]: file.read() for name, file in found if file}


@pytest.mark.parametrize("form", FORMS)
def test_package__licence_in_it_and_nothing_of_tests_or_of_this_machine(built: Mapping[str, Path], form: str) -> None:
    files = contents(built[form])

    assert [name for name in files if name.endswith("LICENSE")]
    assert not [
        name for name in files if re.search(r"(^|/)(tests?|node_modules|\.env|\.venv|__pycache__)(/|$)|test_\w+\.py$", name)
    ]
    assert not [name for name, text in files.items() if SECRET.search(text) or str(ROOT).encode() in text]
    assert built[form].stat().st_size < MOST_KB[form] * 1024


def test_npm_package__its_files__are_the_built_ones_alone(built: Mapping[str, Path]) -> None:
    files = contents(built["eventplatform.tgz"])

    assert {"package.json", "README.md", "LICENSE", "dist/eventplatform.mjs", "dist/eventplatform.js"} <= set(files)
    assert "dist/eventplatform.d.ts" in files
    assert {f"dist/eventplatform-extras.{end}" for end in ("js", "mjs", "cjs")} <= set(files)
    assert not [name for name in files if not name.startswith("dist/") and name not in ("package.json", "README.md", "LICENSE")]


def test_wheel__its_files__are_the_package_with_its_types(built: Mapping[str, Path]) -> None:
    files = contents(built["eventplatform_client.whl"])

    assert {name.split("/")[0] for name in files} == {"eventclient", "eventplatform_client-0.1.0.dist-info"}
    assert "eventclient/py.typed" in files
    assert "eventclient/__init__.py" in files


def test_source_distribution__its_files__are_what_the_wheel_is_built_of(built: Mapping[str, Path]) -> None:
    wheel, source = (set(contents(built[f"eventplatform_client.{end}"])) for end in ("whl", "gz"))

    assert {name for name in wheel if name.startswith("eventclient/")} <= source
    assert {"pyproject.toml", "README.md", "LICENSE"} <= source
