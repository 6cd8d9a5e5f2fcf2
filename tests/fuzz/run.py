"""`make fuzz SECONDS=60`: runs made-up inputs through every target; what breaks a rule is cut down and kept in corpus/."""

from __future__ import annotations

import hashlib
import os
import sys
import time
import traceback
from collections import Counter
from random import Random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventplatform.settings")

from tests.fuzz import inputs
from tests.fuzz.targets import TARGETS

SECONDS_TO_CUT = 5


def main(seconds: float, seed: int) -> int:
    """The number of different faults found."""
    ends, counts, faults = time.monotonic() + seconds, Counter[str](), set[str]()
    while time.monotonic() < ends:
        for target, run in TARGETS.items():
            seed += 1
            data = inputs.made(target, Random(seed))  # noqa: S311  # repeatable on purpose
            counts[target] += 1
            fault = fault_of(target, data)
            if fault and fault not in faults:
                faults.add(fault)
                _keep(target, data, fault, seed)
                traceback.print_exception(_error(run, data))
    for target, count in counts.items():
        _say(f"{target}: {count} inputs")
    _say(f"{len(faults)} faults, seed {seed}")
    return len(faults)


def fault_of(target: str, data: bytes) -> str:
    """The kind of error that escapes and the line that raised it; empty where nothing is wrong."""
    error = _error(TARGETS[target], data)
    if error is None:
        return ""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} {last.filename}:{last.lineno}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _error(run: object, data: bytes) -> Exception | None:
    try:
        run(data)  # type: ignore[operator]  # one of TARGETS
    except Exception as error:  # noqa: BLE001  # any that escapes is what is looked for
        return error
    return None


def _keep(target: str, data: bytes, fault: str, seed: int) -> None:
    ends, size = time.monotonic() + SECONDS_TO_CUT, max(1, len(data) // 2)
    while size and time.monotonic() < ends:
        smaller = [data[:at] + data[at + size :] for at in range(0, len(data), size)]
        found = next((one for one in smaller if time.monotonic() < ends and fault_of(target, one) == fault), None)
        data, size = (data, size // 2) if found is None else (found, size)
    file = inputs.FOUND / target / hashlib.sha256(data).hexdigest()[:12]
    file.write_bytes(data)
    _say(f"{target}: {fault} (seed {seed}), kept as {file}")


if __name__ == "__main__":
    wanted = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    sys.exit(1 if main(wanted, int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 10**9) else 0)
