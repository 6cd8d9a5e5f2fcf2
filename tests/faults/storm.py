"""`python -m tests.faults.storm STREAM COUNT SECONDS`: edits again and again, good and bad; tells each on a line of JSON.

Each good one switches STREAM.left and STREAM.right, one on and one off, and removes a stream; each third gives STREAM.moved
another schema. Each is preceded by one that nobody may publish.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import Any

import django

from eventplatform import env


def document(stream: str, number: int) -> dict[str, Any]:
    """The streams after edit `number`."""
    from tests.faults.prepare import stream as keyed

    titles = ("sample/test_event", "page/change")
    return {
        f"{stream}.left": keyed(is_enabled=number % 2 == 0),
        f"{stream}.right": keyed(is_enabled=number % 2 == 1),
        f"{stream}.moved": keyed(schema_title=titles[number // 3 % 2], message_key_fields={}),
    }


def main(stream: str, count: int, seconds: float) -> None:
    from eventplatform.eventlog import event_log
    from streamconfig import services
    from streamconfig.configuration.document import DocumentInvalidError
    from tests import configuring
    from tests.faults.prepare import stream as keyed

    extra = {f"{stream}.extra-{number}": keyed() for number in range(1, count + 1)}
    configuring.configure({"streams": {**document(stream, 0), **extra}})
    with event_log() as log:
        for name in document(stream, 0):
            log.create_topic(name, partitions=1)
    for number in range(1, count + 1):
        began = time.monotonic()
        with contextlib.suppress(DocumentInvalidError):
            configuring.configure({"streams": {f"{stream}.left": {"sample": {"rate": 7}}}})
            raise SystemExit("what is wrong was published")
        turned = services.with_document({"streams": document(stream, number)})
        gone = [f"{stream}.extra-{number}"]
        made = configuring.publish(lambda before: turned(before.without(gone)))  # noqa: B023  # called at once
        print(json.dumps({"number": number, "revision": made and made.revision, "at": time.time()}), flush=True)  # noqa: T201  # its answer
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))


if __name__ == "__main__":
    env.use_settings()
    django.setup()
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
