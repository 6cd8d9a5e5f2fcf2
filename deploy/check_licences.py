"""Compares the licence of every locked package with the allow-list: `check_licences.py requirements.txt`."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

ALLOWED = re.compile(
    r"\b(MIT|BSD|APACHE|ISC|PSF|PYTHON SOFTWARE FOUNDATION|MPL|MOZILLA|ZLIB|UNLICENSE|POSTGRESQL)\b",
    re.IGNORECASE,
)
# Used unchanged and linked by import only, which their LGPL allows.
LGPL_ALLOWED = {"psycopg", "psycopg-binary", "psycopg-pool", "crc32c"}
# Whose wheels say nothing; their repositories and bills of materials do.
SAID_ELSEWHERE = {"hdfs-native": "Apache-2.0"}
REFUSED = re.compile(r"\bA?GPL|AFFERO|(?<!LESSER )GENERAL PUBLIC|SSPL|BUSINESS SOURCE|COMMONS CLAUSE", re.IGNORECASE)


def locked(path: Path) -> list[str]:
    """The names of the packages in a lock file."""
    return re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", path.read_text(), flags=re.MULTILINE)


def licence(name: str) -> str:
    """What the installed package says of its licence: the expression, else classifiers, else the first line."""
    facts = metadata.metadata(name)
    if "License-Expression" in facts:
        return str(facts["License-Expression"])
    classifiers = [
        text.rpartition("::")[2].strip() for text in facts.get_all("Classifier") or () if text.startswith("License ::")
    ]
    named = [text for text in classifiers if text != "OSI Approved"]
    text = "; ".join(named) or (facts.get_all("License") or [""])[0]
    return text.strip().splitlines()[0] if text.strip() else licence_of_file(name)


def licence_of_file(name: str) -> str:
    """The first words of the licence file that the package ships."""
    for file in metadata.files(name) or ():
        if re.search(r"licen[cs]e|copying", file.name, re.IGNORECASE):
            return " ".join(Path(str(file.locate())).read_text(errors="replace").split())[:120]
    return ""


def is_allowed(name: str, text: str) -> bool:
    """Whether a package of this licence may be used; `A OR B` is allowed when one of both is."""
    if name in LGPL_ALLOWED and "LGPL" in text:
        return True
    choices = re.split(r"\s+OR\s+", text)
    return any(ALLOWED.search(choice) and not REFUSED.search(choice) for choice in choices)


def main() -> int:
    """Print each package whose licence is not on the list."""
    found = {name: SAID_ELSEWHERE.get(name) or licence(name) for name in locked(Path(sys.argv[1]))}
    wrong = {name: text for name, text in found.items() if not is_allowed(name, text)}
    for name, text in wrong.items():
        print(f"{name}: licence {text!r} is not on the allow-list of deploy/check_licences.py")
    print(f"licences: {len(found)} packages, {len(wrong)} not allowed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
