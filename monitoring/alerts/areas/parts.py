"""The platform's own parts: roles, log, database, and the alerts themselves."""

from __future__ import annotations

from monitoring.alerts.kind import Kind

KINDS = (
    Kind(
        "part.workers",
        "Workers or beat stand still",
        "critical",
        "No worker has run what beat sends every few seconds, for half a minute: connectors, canaries, counts and reminders"
        " stand still. The intake goes on taking events; nothing is lost.",
        ("Whether the roles worker and beat run, and what their logs end with.", "Whether Redis answers (REDIS_URL)."),
        ("Start the role that is gone. It takes up by itself what waits.",),
    ),
    Kind(
        "part.watcher",
        "The watcher stands still",
        "critical",
        "The role that wakes connectors gave no sign of life for half a minute: no connector goes on once its slice ends."
        " Events wait in the log; nothing is lost while the log keeps them.",
        ("Whether the role watcher runs, and what its log ends with.", "Whether it reaches the log and the database."),
        ("Start `manage.py watch` again. Two of them do no harm.",),
    ),
    Kind(
        "part.intake",
        "The intake doesn't answer",
        "critical",
        "Clients can't post events. Those that try again lose nothing; those that don't, do.",
        ("GET /readyz of the intake.", "What the role intake logged last.", "Whether a balancer still sends to it."),
        ("Start the role intake again; what stands in its spool goes out by itself.",),
    ),
    Kind(
        "part.log",
        "The event log is away",
        "critical",
        "Kafka, or the Postgres that holds the embedded log, doesn't answer. The intake keeps events on its disk until it is"
        " back; streams that may not wait are answered 503. What reads the log stands still.",
        ("Whether the brokers of EVENT_LOG_URL run and can be reached from here.", "How full the spool is: /overview#parts."),
        ("Bring the log back. The spool empties by itself, in order.",),
    ),
    Kind(
        "part.spool",
        "Events wait on an intake's disk",
        "warning",
        "The intake could not hand events to the log and keeps them on its disk. When that is full, it answers 507.",
        ("Whether the log answers.", "How much room the disk has: the line says how full the spool may get."),
        ("Bring the log back; what waits goes out by itself.", "A lost host's spool: docs/how-to/spool.md."),
    ),
    Kind(
        "part.configuration",
        "A process doesn't follow the configuration",
        "warning",
        "It goes on with the last good configuration it read. New streams and changed sampling don't reach it.",
        ("Whether its database answers.", "The age beside the part at /overview#parts."),
        ("Bring the database back, else start that process again.",),
    ),
    Kind(
        "part.database",
        "The platform's database is away",
        "critical",
        "Pages, configuration changes, connectors into it and alerts stand still. The intake goes on with what it knows."
        " Alerts are rows of this database, so the watcher tells of it by itself, and ALERT_HEARTBEAT_URL is asked no more.",
        ("Whether the Postgres of DATABASE_URL runs, and has room on its disk.", "GET /readyz of the web role."),
        ("Bring it back. Workers and watcher go on by themselves within seconds.",),
    ),
    Kind(
        "part.log_size",
        "The embedded log nears what it is meant for",
        "warning",
        "The log inside Postgres was measured up to a ceiling; beyond it reading and deleting get slow.",
        ("Which streams fill it: /streams, by volume.",),
        ("Shorten LOG_RETENTION_HOURS, lower the sampling of the largest stream, or move to Kafka (EVENT_LOG_URL).",),
    ),
    Kind(
        "part.unreadable",
        "A part can't say how it is",
        "critical",
        "Asking one source of troubles failed, so what it would tell is unknown. Its alerts are neither opened nor resolved.",
        ("The error `alerts.source_failed` in the log of the role that evaluates (/alerts says which).",),
        ("Mend what the error names: most often a table that is missing or a migration that was not run.",),
    ),
    Kind(
        "alert.undelivered",
        "Notifications don't reach a receiver",
        "critical",
        "Messages about alerts were given up, or have waited for five minutes. Somebody who should know does not.",
        ("The receiver's last answer at /alerts/receivers.",),
        ("Mend its address or secret, then press Test. What waits is sent by itself; what was given up is not.",),
    ),
)
