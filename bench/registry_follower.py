"""A process that only reads the registry: at each line of its input it looks for news and says what that cost."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import django

from eventplatform import env

env.use_settings()
django.setup()

from registry import lookups  # noqa: E402  # Django is set up first
from registry.models import RegistryState  # noqa: E402  # likewise


def main() -> None:
    RegistryState.objects.first()  # connects
    known = 0
    for _ in sys.stdin:
        before, began = _resident_mb(), time.perf_counter()
        schemas = lookups.schemas(is_fresh=True)
        spent = (time.perf_counter() - began) * 1000
        is_first, known = not known, len(schemas)
        print(f"{spent:.0f} ms, {_resident_mb() - before:.0f} MB" if is_first else f"{spent:.1f} ms", flush=True)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1024 / 1024


if __name__ == "__main__":
    main()
