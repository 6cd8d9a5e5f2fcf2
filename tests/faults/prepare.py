"""`python -m tests.faults.prepare STREAM…`: schemas, keyed streams and their topics, by the environment's settings."""

from __future__ import annotations

import sys

import django

from eventplatform import env

PARTITIONS = 4


def stream(**changes: object) -> dict[str, object]:
    """A stream whose records are keyed as the ledger's events are."""
    keyed = {"message_key_fields": {"domain": "meta.domain"}}
    return {"schema_title": "sample/test_event", "destination_event_service": "main", **keyed, **changes}


def main(names: list[str]) -> None:
    from eventplatform.eventlog import event_log
    from registry import services as registry
    from tests import configuring

    registry.import_folder(name="primary", folder=env.ROOT / "examples/schemas/primary")
    configuring.configure({"streams": {name: stream() for name in names}}, author="test", reason="faults")
    with event_log() as log:
        for name in names:
            log.create_topic(name, partitions=PARTITIONS)


if __name__ == "__main__":
    env.use_settings()
    django.setup()
    main(sys.argv[1:])
