"""`python -m tests.faults.prepare STREAM[=EVENTS_PER_SECOND]…`: schemas, keyed streams, their topics."""

from __future__ import annotations

import sys

import django

from eventplatform import env

PARTITIONS = 4


def stream(**changes: object) -> dict[str, object]:
    """A stream whose records are keyed as the ledger's events are."""
    keyed = {"message_key_fields": {"domain": "meta.domain"}}
    return {"schema_title": "sample/test_event", "destination_event_service": "main", **keyed, **changes}


def main(arguments: list[str]) -> None:
    from eventplatform.eventlog import event_log
    from registry import services as registry
    from tests import configuring

    registry.import_folder(name="primary", folder=env.ROOT / "examples/schemas/primary")
    limits = dict(argument.partition("=")[::2] for argument in arguments)
    streams = {name: stream(**_limited(limit)) for name, limit in limits.items()}
    configuring.configure({"streams": streams}, author="test", reason="faults")
    with event_log() as log:
        for name in streams:
            log.create_topic(name, partitions=PARTITIONS)


def _limited(events_per_second: str) -> dict[str, object]:
    return {"intake": {"events_per_second": float(events_per_second)}} if events_per_second else {}


if __name__ == "__main__":
    env.use_settings()
    django.setup()
    main(sys.argv[1:])
