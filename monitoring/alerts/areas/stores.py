"""Connectors and their stores."""

from __future__ import annotations

from monitoring.alerts.kind import Kind

KINDS = (
    Kind(
        "connector.retention",
        "A connector is about to lose events",
        "critical",
        "The log will soon delete events that the connector has not read.",
        ("Why it is behind: its page.", "When the oldest is deleted: the line says so."),
        ("Let it go on; else have the log keep the topic longer.",),
    ),
    Kind(
        "connector.stopped",
        "A connector has stopped",
        "critical",
        "An error that trying again doesn't mend holds partitions back until somebody decides. Nothing is lost.",
        ("The error on the connector's page, and what changed in its store or configuration.",),
        ("Mend the cause, then press Resume.",),
    ),
    Kind(
        "connector.retrying",
        "A connector can't write",
        "critical",
        "Its store refuses or doesn't answer; it is tried again at growing distances. Nothing is lost.",
        ("Whether the target answers: the button Check on its page.",),
        ("Bring the store back. It goes on by itself.",),
    ),
    Kind(
        "connector.behind",
        "A connector is behind",
        "warning",
        "Its oldest event has waited for ten minutes or longer.",
        ("Its lag over time, and whether workers are busy: its page.",),
        ("More worker threads, a larger batch, or more partitions; else wait until the peak is over.",),
    ),
    Kind(
        "connector.unprepared",
        "A store could not be made ready for a schema",
        "warning",
        "Tables or indexes for a schema could not be made before its data; slices that meet it may stop.",
        ("The error on the connector's page.",),
        ("Give the account the right it lacks, or mend the schema.",),
    ),
    Kind(
        "connector.dead_letters",
        "Connectors set records aside",
        "warning",
        "Stores refused single records. They are kept with their reason; the rest went on.",
        ("The reasons: /rejected?source=connector.",),
        ("Mend and replay them, or delete them.",),
    ),
)
