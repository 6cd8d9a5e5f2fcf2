"""Groups of dead letters as the page lists them, and what is known of one; its cost grows with groups, not with letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone

from streamconfig.lookups import snapshot

RANGES: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
SLOTS = 48
_NO_LINE = (0,) * SLOTS
_MOST_GROUPS = 100
_MOST_OPTIONS = 200
_CLIENTS_READ, _CLIENTS_SHOWN = 1000, 5
_GROWING_SHARE = 0.4  # of a range's letters in its last sixth: more than twice the even pace
_GROWING_SLOTS = SLOTS // 6
_GROWING_LEAST = 10

_COLUMNS = (
    "key, source, name, service, stream, schema_id, code, outcome, pointer, message, remedy,"
    " total, kept, waiting, first_at, last_at"
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the page's address asks for; empty means any. `source` may be `replayed` for letters that went back."""

    source: str = ""
    service: str = ""
    stream: str = ""
    code: str = ""
    name: str = ""
    team: str = ""
    search: str = ""
    range: str = "24h"

    @property
    def since(self) -> datetime:
        """Where the range begins."""
        return timezone.now() - RANGES.get(self.range, RANGES["24h"])


@dataclass(frozen=True, slots=True)
class Group:
    """Letters of one source, stream and schema with one reason at one place. `recent` came within the range."""

    key: str
    source: str
    name: str
    service: str
    stream: str
    schema_id: str
    code: str
    outcome: str
    pointer: str
    message: str
    remedy: str
    total: int
    kept: int
    waiting: int
    first_at: datetime
    last_at: datetime
    recent: int = 0
    line: Sequence[int] = ()

    @property
    def is_growing(self) -> bool:
        """Most of the range's letters came in its last part."""
        late = sum(self.line[-_GROWING_SLOTS:])
        return late >= _GROWING_LEAST and late > _GROWING_SHARE * sum(self.line)

    @property
    def title(self) -> str:
        """The reason in one line: the place in dots, and what is wrong there."""
        place = dotted(self.pointer)
        said = self.message.split(" (and ", maxsplit=1)[0]
        return f"{place}: {said}" if place and self.code == "event.invalid" else said or self.code


def dotted(pointer: str) -> str:
    """A JSON pointer as people write paths: `/a/0/b~1c` is `a.0.b/c`."""
    return ".".join(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def listed(filters: Filters) -> list[Group]:
    """The groups that fit, those with the most letters of the range first."""
    where, values = _conditions(filters)
    query = f"""
    select {_COLUMNS}, coalesce(c.number, 0)::bigint from dead_letter_groups g left join lateral (
        select sum(count) as number from dead_letter_counts where group_key = g.key and at >= %s
    ) c on true where {where} order by 17 desc, last_at desc limit {_MOST_GROUPS}
    """  # noqa: S608  # conditions of constants; values apart
    with connection.cursor() as cursor:
        cursor.execute(query, [filters.since, *values])
        rows = cursor.fetchall()
    lines = _lines([row[0] for row in rows], filters)
    return [replace(Group(*row), line=lines.get(row[0], _NO_LINE)) for row in rows]


def find(key: str, filters: Filters) -> Group | None:
    """The group of that key, whatever the filters but for the range of its trend."""
    with connection.cursor() as cursor:
        cursor.execute(f"select {_COLUMNS} from dead_letter_groups where key = %s", [key])  # noqa: S608  # constants
        row = cursor.fetchone()
    if row is None:
        return None
    line = _lines([key], filters).get(key, _NO_LINE)
    return replace(Group(*row), recent=sum(line), line=line)


def totals(filters: Filters) -> Counter[str]:
    """Letters of the range by source."""
    query = """
    select g.source, sum(c.count)::bigint from dead_letter_counts c join dead_letter_groups g on g.key = c.group_key
    where c.at >= %s group by g.source
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [filters.since])
        return Counter(dict(cursor.fetchall()))


def group_counts() -> Counter[str]:
    """Groups with letters that wait, by source, and under `replayed` those with letters that went back."""
    query = """
    select source, count(*) filter (where waiting > 0), count(*) filter (where kept > waiting)
    from dead_letter_groups group by source
    """
    found: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(query)
        for source, waiting, replayed in cursor.fetchall():
            found[source] += waiting
            found["replayed"] += replayed
    return found


def waiting() -> int:
    """Groups of the last day with letters that wait, for the navigation; none where the database is away."""
    query = "select count(*) from dead_letter_groups where waiting > 0 and last_at > now() - interval '1 day'"
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])
    except DatabaseError:
        return 0


def options() -> dict[str, list[str]]:
    """What the filters offer: services, streams and codes that groups have, and the teams of these streams."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for column in ("service", "stream", "code"):
            query = f"select distinct {column} from dead_letter_groups where {column} <> '' order by 1 limit {_MOST_OPTIONS}"  # noqa: S608  # constants
            cursor.execute(query)
            found[column] = [row[0] for row in cursor.fetchall()]
    owners = _owners()
    found["team"] = sorted({owners[stream] for stream in found["stream"] if owners.get(stream)})
    return found


def clients(key: str) -> list[tuple[str, int]]:
    """Who sent the newest letters of a group, the most frequent first, with percent."""
    query = "select client from dead_letters where group_key = %s order by id desc limit %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [key, _CLIENTS_READ])
        found = Counter(row[0] or "unknown" for row in cursor.fetchall())
    whole = sum(found.values())
    return [(client, round(100 * number / whole)) for client, number in found.most_common(_CLIENTS_SHOWN)]


def missed() -> list[tuple[str, int, datetime]]:
    """Error topics of which records were gone before they were read."""
    query = """
    select topic, sum(missed)::bigint, max(missed_at) from dead_letter_positions where missed > 0 group by topic order by 3 desc
    """
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def owner_of(stream: str) -> str:
    """The team that owns the stream; empty where nobody does."""
    return _owners().get(stream, "")


def _owners() -> dict[str, str]:
    return {entry.name: entry.about.owner for entry in snapshot().document.entries if entry.about.owner}


def _conditions(filters: Filters) -> tuple[str, list[Any]]:
    parts, values = ["last_at >= %s"], list[Any]([filters.since])
    parts.append("kept > waiting" if filters.source == "replayed" else "waiting > 0")
    if filters.source in ("intake", "connector", "job"):
        parts.append("source = %s")
        values.append(filters.source)
    for column in ("service", "stream", "code", "name"):
        if wanted := getattr(filters, column):
            parts.append(f"{column} = %s")
            values.append(wanted)
    if filters.team:
        parts.append("stream = any(%s)")
        values.append([stream for stream, owner in _owners().items() if owner == filters.team])
    if filters.search:
        parts.append("strpos(lower(concat_ws(' ', code, pointer, message, stream, schema_id, name, service)), %s) > 0")
        values.append(filters.search.lower())
    return " and ".join(parts), values


def _lines(keys: Sequence[str], filters: Filters) -> dict[str, tuple[int, ...]]:
    """The trend of each group over the range."""
    query = """
    select group_key, greatest(0, least(%s, floor(extract(epoch from at - %s) / %s)))::int, sum(count)::bigint
    from dead_letter_counts where group_key = any(%s) and at >= %s group by 1, 2
    """
    since = filters.since
    seconds = (timezone.now() - since).total_seconds() / SLOTS
    lines: dict[str, list[int]] = {key: [0] * SLOTS for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(query, [SLOTS - 1, since, seconds, list(keys), since])
        for key, slot, number in cursor.fetchall():
            lines[key][slot] += number
    return {key: tuple(line) for key, line in lines.items()}
