"""A producer whose spool lies on a small disk of its own, mounted for this process alone: what it says while that fills up.

`python -m tests.intake.spool.full_disk FOLDER MIN_FREE_BYTES`, inside `unshare --mount`; prints JSON.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from intake.spool.room import Room
from tests.intake.spool.worlds import FallibleProducer, Sent, durable, record, until

_DISK_BYTES = 16 * 1024 * 1024
_VALUE = "x" * 10_000


def main(folder: Path, min_free: int) -> dict[str, Any]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(folder)], check=True)
    inner = FallibleProducer()
    producer = durable(folder / "spool", inner, room=Room(1024 * 1024 * 1024, min_free))
    inner.is_away = True
    promised, states, told = 0, Counter[str](), dict[str, Any]()
    while True:
        words = Sent(producer, record(f"{promised} {_VALUE}")).words()
        states[producer.status()["state"]] += 1
        if words != ["spool"]:
            break
        promised += 1
    told["first refusal"], told["states"] = words, dict(states)
    told["while full"] = Counter(Sent(producer, record(f"no {_VALUE}")).words()[0] for _ in range(200))
    told["small while full"] = Sent(producer, record("no")).words()
    promised += told["small while full"] == ["spool"]
    other = folder / "somebody else's"
    inner.is_away = False
    began = time.monotonic()
    until(lambda: producer.status()["state"] == "empty", "an empty spool")
    told["seconds to drain"] = round(time.monotonic() - began, 3)
    told["after"] = Sent(producer, record("direct")).words()
    inner.is_away = True
    until(lambda: has_room(folder), "the room of what is drained")
    other.write_bytes(b"x" * (_DISK_BYTES - min_free - 1024 * 1024))
    filled_by_others = [Sent(producer, record(f"other {number} {_VALUE}")).words()[0] for number in range(300)]
    other.unlink()
    told["filled by others"] = Counter(filled_by_others)
    told["freed"] = Sent(producer, record("freed")).words()
    inner.is_away = False
    until(lambda: producer.status()["state"] == "empty", "an empty spool")
    kept = inner.values()
    promised += 2 + told["filled by others"]["spool"]
    told |= {"promised": promised, "kept": len(kept), "doubled": len(kept) - len(set(kept))}
    producer.close()
    return told


def has_room(folder: Path) -> bool:
    return shutil.disk_usage(folder).free > _DISK_BYTES - 100_000


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201  # its answer
