"""The wheel: holds what the command needs and nothing of the server, and runs by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout, with the build tool that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT / "clients/eventschemas")], check=True)
    return next(folder.glob("eventschemas-*.whl"))


def test_wheel__holds_the_pure_modules_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    shipped = {name.removeprefix("eventschemas/_platform/") for name in names if "/_platform/" in name}
    assert {"registry/guidelines/repository.py", "registry/schema/materialise.py", "eventplatform/core/errors.py"} <= shipped
    assert not [name for name in shipped if name.endswith(("models.py", "services.py", "views.py", "settings.py", "admin.py"))]
    assert "eventschemas/templates/eventschemas.yaml" in names


def test_wheel__installed_elsewhere__runs_without_the_server(wheel: Path, tmp_path: Path) -> None:
    place, repository = tmp_path / "site", tmp_path / "repository"
    repository.mkdir()
    zipfile.ZipFile(wheel).extractall(place)
    environment = {**os.environ, "PYTHONPATH": str(place)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "eventschemas", *arguments]
        return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)

    assert run("new", "page/view").returncode == 0
    assert run("materialize").returncode == 0
    assert run("lint").returncode == 0, run("lint").stdout
    check = "import eventschemas.cli, registry, sys; print(registry.__file__); assert 'django' not in sys.modules"
    told = subprocess.run(
        [sys.executable, "-c", check], cwd=repository, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith(str(place / "eventschemas/_platform"))
