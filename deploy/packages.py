"""Builds what others install: the clients' npm package, wheels and source distributions: `make packages`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / "build/packages"
_NOT_SHIPPED = shutil.ignore_patterns("node_modules", "__pycache__", "*.egg-info", ".*", "build")
# The modules that a package takes from the platform itself: found beside it, as in the checkout.
_BESIDE = {"eventschemas": ("registry", "eventplatform")}
_FORMS = {"python": ("sdist", "wheel"), "eventschemas": ("wheel",)}  # the source of eventschemas is the whole checkout


def build(target: Path, names: Iterable[str] = ("javascript", "python", "eventschemas")) -> list[Path]:
    """The packages, in `target`: each from a copy with the licence in it, so that the checkout stays as it is."""
    target.mkdir(parents=True, exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in target.iterdir()}
    for name in names:
        with tempfile.TemporaryDirectory(prefix="packages-") as folder:
            _pack(_staged(name, Path(folder)), name, target.resolve())
    return sorted(path for path in target.iterdir() if path.stat().st_mtime_ns != before.get(path))


def _staged(name: str, folder: Path) -> Path:
    place = folder / "clients" / name
    shutil.copytree(ROOT / "clients" / name, place, ignore=_NOT_SHIPPED)
    shutil.copyfile(ROOT / "LICENSE", place / "LICENSE")
    for room in _BESIDE.get(name, ()):
        (folder / room).symlink_to(ROOT / room)
    return place


def _pack(place: Path, name: str, target: Path) -> None:
    if name == "javascript":
        _run(["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", str(target)], place)
        return
    forms = [word for form in _FORMS[name] for word in ("-t", form)]
    _run([sys.executable, "-m", "hatchling", "build", *forms, "-d", str(target)], place)


def _run(command: list[str], place: Path) -> None:
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")


def versions() -> dict[str, str]:
    """What each package calls its version."""
    found = {"javascript": json.loads((ROOT / "clients/javascript/package.json").read_text())["version"]}
    for name in ("python", "eventschemas"):
        found[name] = tomllib.loads((ROOT / f"clients/{name}/pyproject.toml").read_text())["project"]["version"]
    return found


def main(arguments: list[str]) -> int:
    """Build all of them and tell where they are."""
    for path in build(Path(arguments[0]) if arguments else DEFAULT):
        print(f"{path}  {path.stat().st_size / 1024:,.0f} kB")  # the command's answer
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
