"""The way of an event as canaries, volumes and expectations see it."""

from __future__ import annotations

from monitoring.alerts.kind import Kind

KINDS = (
    Kind(
        "canary.intake",
        "A canary was refused, or not sent",
        "critical",
        "The platform posts an event of its own to each stream every few minutes; the intake refused it or did not answer."
        " Most likely real events of the stream fare alike.",
        ("The answer beside the stage: /overview#canaries.", "Whether the stream's schema or settings were changed: /changes."),
        ("Mend the schema's first example or the stream's settings.", "Roll the change back: /changes."),
    ),
    Kind(
        "canary.topic",
        "Canaries don't reach their topic",
        "critical",
        "The intake took a canary, and it was not found in the topic within two intervals.",
        ("Whether the intake's spool holds it: /overview#parts.", "Whether the stream's topic exists: /streams/topics."),
        ("Bring the log back, or have the topic made.",),
    ),
    Kind(
        "canary.store",
        "Canaries don't reach a store",
        "critical",
        "Canaries stand in the topic, and a connector's store has not marked them within two intervals: real events wait too.",
        ("The connector's page: its error, its partitions.", "Whether its target answers: the button Check."),
        ("Mend what the connector says, then resume it. Nothing is lost while the log keeps the events.",),
    ),
    Kind(
        "canary.producer",
        "No canaries are sent",
        "critical",
        "Whoever sends canaries is dead or stuck, so silence of the other stages proves nothing.",
        ("Whether beat and a worker run: /overview#parts.", "The newest canary run in the admin."),
        ("Start beat and worker again.",),
    ),
    Kind(
        "canary.output",
        "A job doesn't pass canaries on",
        "critical",
        "A canary stands in the job's input and not in its output within two intervals.",
        ("Whether the job runs, and what it logged last.",),
        ("Start the job again; it goes on from its last offset.",),
    ),
    Kind(
        "traffic.silent",
        "A stream has fallen silent",
        "critical",
        "At this hour there should be events, and none comes, though its canaries may pass: its producers have stopped.",
        ("Its volume over the last days on the stream's page.", "What was deployed or switched off when it stopped."),
        ("Ask the stream's owner to look at the producer.", "If that is meant: retire the stream, or silence this alert."),
    ),
    Kind(
        "traffic.low",
        "A stream has far fewer events than usual",
        "warning",
        "Its volume lies far below the same hour of the weeks before; changes of sampling are already counted in.",
        ("Whether refusals rose at the same time: /outcomes.", "Which clients or sites are missing: explore the stream."),
        ("Ask the stream's owner.", "A holiday, a campaign's end: silence it for that time."),
    ),
    Kind(
        "traffic.high",
        "A stream has far more events than usual",
        "warning",
        "Its volume lies far above the same hour of the weeks before: a loop in a producer, a bot, or a success.",
        ("Whether one client or page sends most of it: explore the stream.",),
        ("Lower the stream's sampling, or limit the producer key, until the cause is known.",),
    ),
    Kind(
        "traffic.hour_incomplete",
        "An hour is not complete in a store",
        "warning",
        "An hour that is over lacks events or its canary in a stream's topic or store, so whoever waits for it waits on.",
        ("The hours of the stream's page, and the connector behind the store.",),
        ("Let the connector catch up; else back-fill the hour: docs/how-to/back-fill.md.",),
    ),
    Kind(
        "expectation.broken",
        "An expectation of a stream is broken",
        "warning",
        "A saved query that somebody declared to hold over a stream found events that break it.",
        ("The query and its newest results: /sql/saved. Records that are named there can be opened.",),
        ("Mend the producer, or change the expectation.",),
    ),
    Kind(
        "expectation.unanswered",
        "An expectation of a stream can't be judged",
        "warning",
        "The question of a saved expectation fails, so nobody learns whether it holds: a column or a stream is gone, or it "
        "takes too long.",
        ("The error beside the query: /sql/saved.",),
        ("Mend the question, or let it read fewer minutes; delete it where nobody needs it any more.",),
    ),
    Kind(
        "stream_out.silent",
        "The server of streams is silent",
        "warning",
        "The role stream gave no sign of life for a minute: clients of streams are cut off or hear nothing. Nothing is lost: "
        "they go on where they were.",
        ("Whether the role stream runs, and what its log ends with.", "Whether it reaches the database."),
        ("Start `python -m monitoring.streaming` again.",),
    ),
    Kind(
        "stream_out.full",
        "The server of streams turns clients away",
        "warning",
        "The role stream holds as many clients as it may, and refuses more with 503.",
        ("Who is connected, and from where: its metrics.",),
        ("Raise its limits, start another one, or ask the client that holds most to share.",),
    ),
)
