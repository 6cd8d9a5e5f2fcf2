"""Configuration, topics, schemas, and messages about changes."""

from __future__ import annotations

from monitoring.alerts.kind import Kind

KINDS = (
    Kind(
        "topic.failed",
        "Topics could not be made or checked",
        "critical",
        "Streams whose topic is missing refuse their events with 503.",
        ("What the log said: /streams/topics.",),
        ("Bring the log back, or give the account the right to make topics; they are made within 30 seconds then.",),
    ),
    Kind(
        "topic.drift",
        "The log's topics differ from the configuration",
        "warning",
        "Partitions or retention are others than configured.",
        ("Which and how: /streams/topics.",),
        ("Change the stream, or the topic.",),
    ),
    Kind(
        "stream.unusable",
        "A stream's entry can't be used",
        "critical",
        "Its configuration is broken; its events are refused.",
        ("What the line says, and who changed it: /changes.",),
        ("Mend the entry or roll the change back.",),
    ),
    Kind(
        "configuration.errors",
        "The configuration has errors",
        "warning",
        "Lint found what doesn't work.",
        ("All of them: /streams/findings.",),
        ("Ask for a change that mends them.",),
    ),
    Kind(
        "schema.import_refused",
        "A schema repository's import was refused",
        "warning",
        "The newest commit breaks a rule; the last good state goes on being served.",
        ("File and line: the repository's page.",),
        ("Mend the commit and import again.",),
    ),
    Kind(
        "schema.unreached",
        "A schema repository is not reached",
        "warning",
        "Pulls fail; what was imported goes on being served, new versions don't come.",
        ("The error on the repository's page.",),
        ("Mend its address, credentials or the way there.",),
    ),
    Kind(
        "schema.deprecated_in_use",
        "A deprecated schema is still used",
        "info",
        "Streams carry a schema title that was deprecated.",
        ("Which streams: the schema's page.",),
        ("Move them to its replacement.",),
    ),
    Kind(
        "message.given_up",
        "Messages about changes could not be sent",
        "warning",
        "An address or webhook refused them for two days.",
        ("The messages in the admin, by outcome.",),
        ("Mend the address or the webhook and send them again.",),
    ),
    Kind(
        "message.stuck",
        "Messages about changes don't go out",
        "warning",
        "They have waited for a quarter of an hour.",
        ("Whether a worker runs, and EMAIL_URL leads to a mail server.",),
        ("Bring it back; they are tried again by themselves.",),
    ),
)
