"""Makes the virtual environment `.venv` from the locked requirements, and repairs one that was left half-made."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"run": ("requirements.txt",), "dev": ("requirements.txt", "requirements-dev.txt")}
NEEDED_MB = 900
REMEDIES = {
    "No space left": "The disk is full. Free some space and start again.",
    "DO NOT MATCH THE HASHES": "A package differs from its locked hash. Fetch the project anew, or run `make lock`.",
    "No matching distribution": "A package is not to be had for this Python or system; Linux with Python 3.11 is tested.",
    "Temporary failure in name resolution": "The package index can't be reached. Check the network and start again.",
    "Max retries exceeded": "The package index can't be reached. Check the network and start again.",
    "Read timed out": "The package index answers too slowly. Start again: what was fetched is kept.",
}


def main(arguments: list[str]) -> int:
    """Make the environment of a kind, run or dev; one that stands costs nothing."""
    kind = arguments[0] if arguments else "run"
    # The lock file locks itself: two starts at the same moment would install into each other.
    with (ROOT / "requirements.txt").open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        try:
            if not stands(kind):
                make(kind)
        except SetupError as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
    return 0


class SetupError(Exception):
    """The environment can't be made; the text says what to do."""


def stands(kind: str) -> bool:
    """Whether the finished environment of this kind, or of one that includes it, matches the lock files."""
    enough = ("run", "dev") if kind == "run" else ("dev",)
    return any(stamp(name).exists() and stamp(name).read_text() == digest(name) for name in enough)


def python() -> Path:
    return VENV / "bin" / "python"


def stamp(kind: str) -> Path:
    return VENV / f"complete-{kind}"


def digest(kind: str) -> str:
    """What the environment depends on: the lock files and the Python that runs it."""
    facts = [sys.version, str(VENV), *((ROOT / name).read_text() for name in LOCKS[kind])]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def make(kind: str) -> None:
    """Make the environment and write its stamp last, so that a start that was cut off is noticed."""
    free = shutil.disk_usage(ROOT).free >> 20
    if free < NEEDED_MB:
        raise SetupError(f"The disk of {ROOT} has {free} MB free, {NEEDED_MB} MB are needed. Free some space and start again.")
    for name in LOCKS:
        stamp(name).unlink(missing_ok=True)
    if not is_usable():
        create()
    install(ROOT / LOCKS[kind][-1])
    stamp(kind).write_text(digest(kind))


def is_usable() -> bool:
    """Whether `.venv` has a Python of our version with a pip that works."""
    check = "import sys, pip; print(sys.version)"
    try:
        answer = subprocess.run([python(), "-c", check], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == sys.version.strip()


def create() -> None:
    """Make an empty environment."""
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()):
        raise SetupError(f"{VENV} is no virtual environment. Move it away and start again.")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        said = made.stdout + made.stderr
        if "ensurepip" in said or "No module named venv" in said:
            package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            raise SetupError(f"This Python lacks venv or ensurepip. Install it (Debian, Ubuntu: apt install {package}).")
        raise SetupError(f"The virtual environment can't be made: {remedy(said)}")


def install(lock: Path) -> None:
    """Install the locked packages, hashes checked, and show how far it is."""
    total = len(re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^\]]*\])?==", lock.read_text(), flags=re.MULTILINE))
    command = [str(python()), "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    progress = Progress(f"environment: {total} packages from {lock.name}")
    said: list[str] = []
    environment_log = VENV / "setup.log"
    with (
        environment_log.open("w") as log,
        subprocess.Popen(
            [*command, "--progress-bar=off", "-r", lock], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as pip,
    ):
        seen = 0
        for line in pip.stdout or ():
            log.write(line)
            said.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                progress.show(f"fetching {min(seen, total)} of {total}")
            elif line.startswith("Installing collected packages"):
                progress.show("installing", at_once=True)
    if pip.returncode:
        progress.end("failed")
        raise SetupError(f"The packages can't be installed: {remedy(''.join(said))} All of pip's words: {environment_log}")
    progress.end("ready")


def remedy(said: str) -> str:
    """What to do about a failed step, by the words of the tool that failed."""
    known = next((text for mark, text in REMEDIES.items() if mark in said), "")
    errors = [line for line in said.splitlines() if "ERROR" in line or "rror:" in line] or said.strip().splitlines()[-1:]
    return f"{errors[0].strip() if errors else 'no word'}. {known}".strip()


class Progress:
    """One line that is rewritten on a terminal; elsewhere a line every few seconds."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.started = self.shown = time.monotonic()
        self.is_terminal = sys.stdout.isatty()
        self.show("starting", at_once=True)

    def show(self, text: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if self.is_terminal:
            print(f"\r\033[K{self.title}: {text} ({now - self.started:.0f} s)", end="", flush=True)
        elif at_once or now - self.shown > 5:  # noqa: PLR2004  # seconds between two lines of a log
            print(f"{self.title}: {text} ({now - self.started:.0f} s)", flush=True)
            self.shown = now

    def end(self, text: str) -> None:
        self.show(text, at_once=True)
        if self.is_terminal:
            print()
