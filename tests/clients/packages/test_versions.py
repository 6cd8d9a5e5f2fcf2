from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import packages
from streamconfig.configuration.client_view import CONTRACT

ROOT = Path(__file__).resolve().parents[3]
POLICY = (ROOT / "docs/how-to/client-versions.md").read_text(encoding="utf-8")


def test_contract__pages_platform_and_clients__say_the_same_number() -> None:
    contract = (ROOT / "docs/reference/client-contract.md").read_text(encoding="utf-8")
    sources = {
        "javascript": (ROOT / "clients/javascript/src/configuration.js").read_text(encoding="utf-8"),
        "python": "\n".join(path.read_text() for path in (ROOT / "clients/python/eventclient/contract").glob("*.py")),
    }

    assert f"this is version **{CONTRACT}**" in contract
    assert f"Both clients keep contract **{CONTRACT}**" in POLICY
    for name, text in sources.items():
        assert re.search(rf"\bCONTRACT = {CONTRACT}\b", text), name


def test_packages__clients_of_one_commit__have_one_version_and_semantic_ones() -> None:
    found = packages.versions()

    assert found["javascript"] == found["python"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in found.values())
    locked = json.loads((ROOT / "clients/javascript/package-lock.json").read_text())
    assert locked["version"] == locked["packages"][""]["version"] == found["javascript"]
    built = (ROOT / "clients/javascript/dist/eventplatform.mjs").read_text(encoding="utf-8")
    assert f"// eventplatform {found['javascript']} " in built[:200]


def test_policy__pins_and_supported_versions__are_the_packages_own() -> None:
    version = packages.versions()["javascript"]
    package = json.loads((ROOT / "clients/javascript/package.json").read_text())
    python = (ROOT / "clients/python/pyproject.toml").read_text()

    assert f"`~{version}`, `~={version}`" in POLICY
    node = re.fullmatch(r">=(\d+)", package["engines"]["node"])
    assert node
    assert f"| Node | {node[1]}" in POLICY
    oldest = re.search(r"\| Python \| ([0-9.]+)", POLICY)
    assert oldest
    assert f'requires-python = ">={oldest[1]}"' in python


def test_changelog__client_that_is_released__has_its_section_or_fragment() -> None:
    words = "\n".join(path.read_text() for path in [ROOT / "CHANGELOG.md", *(ROOT / "changelog.d").glob("*.md")])

    assert "JavaScript" in words
    assert "eventplatform-client" in words or "Python client" in words


@pytest.mark.slow
@pytest.mark.xdist_group("packages")
def test_make_packages__a_folder_named__tells_each_package(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "deploy/packages.py", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert sorted(line.split()[0] for line in done.stdout.splitlines()) == sorted(map(str, tmp_path.iterdir()))
