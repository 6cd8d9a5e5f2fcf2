"""`eventschemas init`: puts the configuration, the pre-commit hook and a CI file into a repository."""

from __future__ import annotations

import argparse
import sys
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_FILES = {
    "eventschemas.yaml": ".eventschemas.yaml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
}
_CI = {"github": ("github-workflow.yml", ".github/workflows/schemas.yml"), "gitlab": ("gitlab-ci.yml", ".gitlab-ci.yml")}


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("--ci", choices=_CI, help="whose CI file to write as well")


def run(options: argparse.Namespace) -> int:
    """Write the files that are not there yet; those that are stay as they are, and are named."""
    root = Path(options.root)
    files = dict(_FILES)
    if options.ci:
        files[_CI[options.ci][0]] = _CI[options.ci][1]
    for template, name in files.items():
        file = root / name
        if file.exists():
            sys.stderr.write(f"{name} is there already; compare it with what `eventschemas init` writes elsewhere.\n")
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(template), encoding="utf-8")
        sys.stdout.write(f"{name}\n")
    return 0


def text_of(template: str) -> str:
    """A template with this command's own version in it."""
    text = (resources.files("eventschemas") / "templates" / template).read_text(encoding="utf-8")
    return text.replace("{version}", own_version())


def own_version() -> str:
    """As it was installed; `0` in a checkout that was not."""
    try:
        return version("eventschemas")
    except PackageNotFoundError:
        return "0"
