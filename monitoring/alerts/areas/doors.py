"""The intake's answers, rejected events and producer keys."""

from __future__ import annotations

from monitoring.alerts.kind import Kind

KINDS = (
    Kind(
        "intake.refused",
        "A stream refuses a notable share of its events",
        "warning",
        "One event in twenty or more was refused in the last hour: a producer and its schema don't agree.",
        ("The reasons: /overview#refused, samples at /rejected.", "Whether the schema or the producer was changed."),
        ("Mend the producer or publish a version of the schema that fits, then replay what was kept.",),
    ),
    Kind(
        "intake.slow",
        "The intake answers slowly",
        "warning",
        "In most of the last minutes one request of a hundred took a second or longer; clients that wait hold workers.",
        ("Times to answer at /outcomes.", "Whether the log is slow, or the host busy."),
        ("Relieve the host, or start more intake workers (INTAKE_WORKERS).",),
    ),
    Kind(
        "intake.failing",
        "The intake answers with errors of its own",
        "critical",
        "More than one request of a hundred got an error that is the platform's, not the client's.",
        ("The intake's log for the errors.", "The outcomes by reason: /outcomes."),
        ("Mend what the log names, or go back to the release before.",),
    ),
    Kind(
        "rejected.group",
        "Rejected events of one reason grow",
        "warning",
        "More and more events are refused for the same reason. They are kept and can be mended and replayed.",
        ("A sample with the errors at its fields: /rejected.",),
        ("Mend the producer; then replay the group.",),
    ),
    Kind(
        "rejected.missed",
        "Error records were gone before they were read",
        "warning",
        "The log deleted records of an error stream before a worker read them: those rejected events can't be replayed.",
        ("Whether workers stood still for as long as the topic keeps.",),
        ("Keep the topic longer (LOG_RETENTION_HOURS), or run more workers.",),
    ),
    Kind(
        "key.unreadable",
        "A producer key can't be checked any more",
        "critical",
        "It was hashed with one of ENCRYPTION_KEYS that is gone; its events are refused.",
        ("Which of ENCRYPTION_KEYS was taken out.",),
        ("Put that one back, or make another producer key and hand it over.",),
    ),
    Kind(
        "key.old_pepper",
        "A producer key hangs on an old encryption key",
        "warning",
        "It ends when the old one of ENCRYPTION_KEYS is taken out.",
        ("The key's page.",),
        ("Rotate it before.",),
    ),
    Kind(
        "key.ends_soon",
        "A producer key ends soon",
        "warning",
        "After its end its events are refused with 401.",
        ("Whether anybody uses it: the key's page.",),
        ("Rotate it and hand the successor over; if nobody uses it, let it end.",),
    ),
    Kind(
        "key.used_after_rotation",
        "A producer key is still used after its rotation",
        "warning",
        "Programs still send the key that was replaced, and it will end.",
        ("Which service and client: the key's page.",),
        ("Have them send the successor.",),
    ),
    Kind(
        "key.used_after_end",
        "A producer key is shown though it is over",
        "warning",
        "Somebody sends a key that has ended or was revoked; those events are refused with 401.",
        ("The client's address: the key's page.",),
        ("Find the program, and stop it or give it a key.",),
    ),
)
