"""A second process that keeps a snapshot, as an intake does: `follow` tells each one it sees, `obey` does what it reads."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django

from eventplatform import env

env.use_settings()
django.setup()

from django.db import connection  # noqa: E402  # likewise

from streamconfig import lookups  # noqa: E402  # needs Django
from streamconfig.snapshots import SnapshotKeeper  # noqa: E402  # likewise
from tests import configuring  # noqa: E402  # likewise


def tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201  # what it is for


def follow() -> None:
    """Until it is killed."""
    seen = -1
    while True:
        snapshot = lookups.snapshot()
        if snapshot.revision != seen:
            seen = snapshot.revision
            tell(revision=seen, at=time.time(), rates=rates())
        time.sleep(0.005)


def obey() -> None:
    """A word a line: `state`, or a rate to publish."""
    for line in sys.stdin:
        if line.strip() != "state":
            connection.close()  # as at the end of every request
            sample = {"streams": {"s": {"sample": {"unit": "session", "rate": float(line)}}}}
            configuring.configure(sample, author="tests", reason="")
        tell(revision=lookups.snapshot().revision, age=lookups.age_seconds(), rates=rates())


def rates() -> dict[str, float | None]:
    return {name: one.sampling.rate if one.sampling else None for name, one in lookups.snapshot().streams.items()}


if __name__ == "__main__":
    SnapshotKeeper().start(wait_seconds=10)
    {"follow": follow, "obey": obey}[sys.argv[1]]()
