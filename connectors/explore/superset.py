"""A dataset of Apache Superset for a stream's table, as the archive that Superset imports; no password is in it."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import yaml
from psycopg.conninfo import conninfo_to_dict

from connectors.explore.columns import Column
from connectors.explore.queries import quoted
from connectors.mapping.columns import ColumnType

_VERSION = "1.0.0"
_NAMES = uuid.UUID("5f4b6f3e-7c0f-4a4e-9d7e-3c2b8f6a1d55")  # so that the same table has the same ids at each export
_TYPES = {
    "postgres": {
        ColumnType.TEXT: "TEXT",
        ColumnType.INTEGER: "BIGINT",
        ColumnType.NUMBER: "DOUBLE PRECISION",
        ColumnType.BOOLEAN: "BOOLEAN",
        ColumnType.TIME: "TIMESTAMP WITH TIME ZONE",
    },
    "druid": {ColumnType.TEXT: "VARCHAR", ColumnType.INTEGER: "BIGINT", ColumnType.NUMBER: "DOUBLE"},
}
_MOST_METRICS = 20


def archive(
    *, stream: str, kind: str, place: str, table: Sequence[str], time_column: str, columns: Sequence[Column], at: datetime
) -> bytes:
    """The ZIP: metadata.yaml, the database, and the dataset with its columns and metrics.

    `place` is the database's URL, `table` the table's name, after its schema where it lies in one.
    """
    uri = _without_password(place, kind)
    database = f"Event platform, {kind}, {urlsplit(uri).hostname or 'local'}"
    database_id = str(uuid.uuid5(_NAMES, uri))
    files = {
        "metadata.yaml": {"version": _VERSION, "type": "SqlaTable", "timestamp": at.isoformat()},
        f"databases/{_plain(database)}.yaml": _database(database, uri, database_id),
        f"datasets/{_plain(database)}/{_plain(table[-1])}.yaml": {
            **_dataset(stream, table, time_column, database_id, uri),
            "metrics": list(_metrics(columns)),
            "columns": [_time(time_column, kind), *(_column(one, kind) for one in columns)],
        },
    }
    root = f"{_plain(stream)}_dataset"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(f"{root}/{name}", yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return out.getvalue()


def _database(name: str, uri: str, database_id: str) -> dict[str, Any]:
    return {
        "database_name": name,
        "sqlalchemy_uri": uri,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "extra": {},
        "uuid": database_id,
        "version": _VERSION,
    }


def _dataset(stream: str, table: Sequence[str], time_column: str, database_id: str, uri: str) -> dict[str, Any]:
    return {
        "table_name": table[-1],
        "main_dttm_col": time_column,
        "description": f"Events of the stream {stream}.",
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": None,
        "schema": table[0] if len(table) > 1 else "druid",
        "sql": None,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": None,
        "uuid": str(uuid.uuid5(_NAMES, f"{uri} {'.'.join(table)}")),
        "version": _VERSION,
        "database_uuid": database_id,
    }


def _metrics(columns: Sequence[Column]) -> list[dict[str, Any]]:
    numbers = [one for one in columns if one.is_number and one.path][:_MOST_METRICS]
    sums = [_metric(f"sum__{one.name}", f"Sum of {one.title}", f"SUM({quoted(one.name)})") for one in numbers]
    averages = [_metric(f"avg__{one.name}", f"Average of {one.title}", f"AVG({quoted(one.name)})") for one in numbers]
    return [_metric("count", "Events", "COUNT(*)"), *sums, *averages]


def _metric(name: str, title: str, expression: str) -> dict[str, Any]:
    return {
        "metric_name": name,
        "verbose_name": title,
        "metric_type": name.partition("__")[0],
        "expression": expression,
        "description": None,
        "d3format": None,
        "extra": None,
        "warning_text": None,
    }


def _column(column: Column, kind: str) -> dict[str, Any]:
    return {
        "column_name": column.name,
        "verbose_name": column.title,
        "is_dttm": column.type is ColumnType.TIME,
        "is_active": True,
        "type": _TYPES[kind].get(column.type, "VARCHAR"),
        "groupby": True,
        "filterable": True,
        "expression": None,
        "description": None,
        "python_date_format": None,
    }


def _time(name: str, kind: str) -> dict[str, Any]:
    made = _column(Column(name, ColumnType.TIME), kind)
    return {**made, "verbose_name": "Time", "is_dttm": True, "type": "TIMESTAMP"}


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._") or "table"


def _without_password(place: str, kind: str) -> str:
    """As SQLAlchemy writes it, with its user alone: parameters could hold anything, so a socket's folder alone goes with it."""
    if kind == "postgres":
        return _postgres(conninfo_to_dict(place))
    parts = urlsplit(place)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{user.partition(':')[0]}{at}{host}", parts.path, "", ""))


def _postgres(facts: Mapping[str, Any]) -> str:
    """From a URL, or from libpq's words, which a database beside the platform's own is named by: these hold its password."""
    host, user = str(facts.get("host") or ""), quote(str(facts.get("user") or ""), safe="")
    server = "" if host.startswith("/") else f"[{host}]" if ":" in host else host
    port = f":{facts['port']}" if server and facts.get("port") else ""
    folder = urlencode({"host": host}) if host.startswith("/") else ""
    name = quote(str(facts.get("dbname") or ""), safe="")
    return f"postgresql://{user}{'@' if user else ''}{server}{port}/{name}{'?' if folder else ''}{folder}"
