"""How a connector writes into a lake, whatever lies below it."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.options import OptionInvalidError, option

FORMATS = ("jsonl", "parquet")
AUTO = "auto"
_COMPRESSIONS = (AUTO, "none", "gzip", "zstd", "snappy")
_MOST_USUAL = {"jsonl": "none", "parquet": "zstd"}


@dataclass(frozen=True, slots=True)
class LakeOptions:
    """When a file is closed and its events can be read, what it looks like, and what becomes of hours that are over."""

    flush_age_seconds: float = option("Seconds that an event may wait until its file is closed.", 300.0, minimum=0)
    flush_megabytes: int = option("Size at which a file is closed, in MB.", 128, minimum=1)
    flush_rows: int = option("Most events in a file; a flush is held in memory.", 50_000, minimum=1)
    format: str = option(
        "jsonl: each event is a line. parquet: typed columns from the schema; new versions add to them.",
        "jsonl",
        choices=FORMATS,
    )
    compression: str = option(
        "auto: none for jsonl, zstd for parquet. snappy is for parquet only.", AUTO, choices=_COMPRESSIONS
    )
    time_field: str = option(
        "JSON pointer of the time whose hour an event is filed under; without one there, the record's timestamp counts.",
        "/meta/dt",
        beginning="/",
    )
    grace_minutes: float = option(
        "Minutes after its end for which an hour waits for late records before it is complete.", 5.0, minimum=0
    )
    iceberg_namespace: str = option("Namespace of the Iceberg tables, where the target names a catalog.", "events")
    compact: bool = option("Merge the files of an hour into few before it is complete.", True)

    @property
    def compression_used(self) -> str:
        """The compression by its name.

        Raises:
            OptionInvalidError: the format has no such compression.
        """
        if (self.format, self.compression) == ("jsonl", "snappy"):
            raise OptionInvalidError(
                pointer="/compression", name="compression", value="'snappy'", help="Lines of JSON take none, gzip or zstd."
            )
        return _MOST_USUAL[self.format] if self.compression == AUTO else self.compression

    @property
    def time_path(self) -> tuple[str, ...]:
        """The names that lead to an event's time."""
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in self.time_field.split("/")[1:])
