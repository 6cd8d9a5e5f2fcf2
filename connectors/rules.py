"""What every connector can be told, whatever its store; a stream's own `consumers.<name>` says the same words for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.options import option
from eventplatform.core.keeping import MODES, POLICIES, PRIVACY_ACTIONS, PRIVACY_KINDS

Policy = Literal["evolve", "freeze", "discard_value", "discard_row"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Which streams a connector takes, and how their events are kept.

    Words as in dlt's schema contracts: `evolve` widens the table, `freeze` sets the record aside as a dead letter,
    `discard_value` stores the row without the value (counted), `discard_row` drops the row (counted, with its reason).
    """

    consumer: str = option(
        "A further name under a stream's `consumers` that steers this connector, besides its own and its target's: "
        "such as analytics_hadoop_ingestion.",
        "",
    )
    takes: str = option(
        "fitting: every stream that fits, unless it says consumers.<name>.enabled: false. "
        "asked: only streams that say consumers.<name>.enabled: true.",
        "fitting",
        choices=("fitting", "asked"),
    )
    schema_titles: tuple[str, ...] = option("Only streams of these schema titles; patterns such as mediawiki/* too.", ())
    settings_filter: dict[str, str] = option(
        "Only streams whose settings say so, by dotted path: consumers.analytics_hadoop_ingestion.job_name: event_default.", {}
    )
    mode: str = option(
        "append: each record is a row. upsert: the newest record of a key is the row, and a tombstone deletes it.",
        "append",
        choices=MODES,
    )
    key: tuple[str, ...] = option("JSON pointers of the fields that make the key, such as /page/page_id.", (), beginning="/")
    columns: str = option("What becomes of a field that has no column yet.", "evolve", choices=POLICIES)
    types: str = option("What becomes of a value that doesn't fit its column.", "evolve", choices=POLICIES)
    ttl_seconds: int = option("Seconds after which the store forgets a row, where it can; 0 keeps it.", 0, minimum=0)
    records_per_second: float = option("Most records a second in each partition; 0 for no bound.", 0.0, minimum=0)
    privacy: dict[str, str] = option(
        "What becomes of fields that the schema marks with x-pii, by kind of mark (ip, user_agent, id, name, location, "
        "free_text, or * for all others): keep, drop, hash, truncate, or as_marked (what the schema's x-pii-action says).",
        {},
        choices=PRIVACY_ACTIONS,
        names=PRIVACY_KINDS,
    )
