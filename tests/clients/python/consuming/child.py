"""A consumer in a process of its own, to be killed: `python -m tests.clients.python.consuming.child SPEC`.

Each handled event is a line of the output, `partition n`, written before the handler returns; SPEC is JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from eventclient.consuming.consumer import Consumer
from eventclient.consuming.deliveries import Source
from eventclient.consuming.letters_file import FileDeadLetters


def source(spec: dict[str, Any]) -> Source:
    """What the spec names."""
    if "servers" in spec:
        from eventclient.consuming.kafka import KafkaSource

        topics = {"pages": spec["topics"]} if "topics" in spec else None
        return KafkaSource(spec["servers"], topics=topics, start="earliest", settings=spec.get("settings", {}))
    from eventclient.consuming.positions import FilePositions
    from eventclient.consuming.sse import SseSource

    return SseSource(spec["url"], positions=FilePositions(spec["positions"]), since=0)


def main() -> None:
    """Consume until the end."""
    spec = json.loads(sys.argv[1])
    output = os.open(spec["output"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def handle(event: dict[str, Any]) -> None:
        time.sleep(spec.get("seconds", 0))
        os.write(output, f"{event['meta']['partition']} {event['n']}\n".encode())

    letters = FileDeadLetters(spec["output"] + ".letters")
    consumer = Consumer(
        "pages",
        handle,
        source=source(spec),
        group=spec["group"],
        dead_letters=letters,
        workers=spec.get("workers", 1),
        commit_seconds=spec.get("commit_seconds", 0.2),
    )
    consumer.run()
    print(json.dumps(consumer.stats()))  # noqa: T201  # for the test


if __name__ == "__main__":
    main()
