"""Runs every check of `make lint`, says how long each took, and fails when one does."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def checks(sources: list[str]) -> dict[str, list[str]]:
    """Each check with its command; `sources` are folders and files to look at."""
    here = [name for name in sources if (ROOT / name).exists()]
    python = sys.executable
    return {
        "ruff check": [str(BIN / "ruff"), "check", "--quiet", *here],
        "ruff format": [str(BIN / "ruff"), "format", "--check", "--quiet", *here],
        "architecture": [str(BIN / "pytest"), "tests/test_architecture.py"],
        "licences": [python, "deploy/check_licences.py", "requirements.txt"],
        "settings of production": [python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        "migrations": [python, "manage.py", "makemigrations", "--check", "--dry-run"],
        "mypy": [str(BIN / "mypy"), *here],
    }


def production() -> dict[str, str]:
    """The environment of a production start, with secrets made up for this check alone."""
    made_up = {
        "DEPLOYMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ALLOWED_HOSTS": "events.example.org",
        "DATABASE_URL": "postgresql://events@127.0.0.1:1/events",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    return {**os.environ, **made_up}


def main() -> int:
    """Run all checks, also after one failed: the next reader wants the whole list."""
    failed = []
    for name, command in checks(sys.argv[1:]).items():
        started = time.monotonic()
        environment = production() if "production" in name else None
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        print(f"{'ok  ' if run.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if run.returncode:
            failed.append(name)
            print(run.stdout + run.stderr, flush=True)
    print(f"lint: failed: {', '.join(failed)}" if failed else "lint: all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
