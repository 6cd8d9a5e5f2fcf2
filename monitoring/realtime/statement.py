"""What a question reads, and whether it may be asked: decided on DuckDB's own parse of it, by lists of what is known; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.realtime.errors import StatementRefusedError, SyntaxInvalidError
from monitoring.realtime.shapes import EVENT_COLUMN

_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_TABLES = {"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF"}
_SHOWS = {"DESCRIBE", "SUMMARY"}  # of a query; others list what the engine has
_TABLE_FUNCTIONS = {"unnest", "range", "generate_series", "json_each", "json_tree", "repeat_row", "repeat"}
# Functions that tell of the host or the engine, read files, or run SQL that nobody looked at.
_REFUSED = re.compile(
    r"duckdb_|pragma_|pg_|sqlite_|read_|write_|sniff_|parquet_|glob$|query$|query_table$|getenv|getvariable|setvariable|which_|"
    r"current_setting|current_(user|role|catalog|schema|database|schemas|query|connection|transaction)|session_user|user$|"
    r"set_|nextval|currval|txid_|json_execute|json_serialize|json_deserialize|from_substrait|get_substrait|"
    r"sql_auto_complete|in_search_path|has_\w+_privilege|shobj_|obj_|col_description|version$|sleep|checkpoint|force_|"
    r"enable_|disable_|load_|summary$|seq_scan|arrow_|python_|pandas_|test_|add_|create_|allocated_|st_read"
)
_SYSTEM_TABLES = ("duckdb_", "pragma_", "pg_", "sqlite_")  # views that no CTE may be named like, or it would open them


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT: the tables that it names and doesn't make itself, and whether it asks for events as a whole.

    `hidden` are named and made by it as well: where there is a stream of that name, some place may mean it.
    """

    tables: tuple[str, ...]
    hidden: tuple[str, ...]
    wants_event: bool


def read(parsed: Mapping[str, Any]) -> Statement:
    """The statement that `json_serialize_sql` answered.

    Raises:
        SyntaxInvalidError: it is no SQL.
        StatementRefusedError: it is something else than one SELECT over streams.
    """
    if parsed.get("error"):
        if parsed.get("error_type") == "parser":
            raise SyntaxInvalidError(reason=str(parsed.get("error_message", "")))
        raise StatementRefusedError(reason="Only a SELECT may be asked.")
    statements = parsed["statements"]
    if len(statements) != 1:
        raise StatementRefusedError(reason=f"These are {len(statements)} statements.")
    parts = list(_parts(statements[0]))
    made = {str(name) for one in parts for name in _made(one)}
    named: dict[str, None] = {}
    for one in parts:
        _judge(one)
        if one.get("type") == "BASE_TABLE" and "table_name" in one:
            named.setdefault(_table(one))
    for name in (*made, *named):
        if name.lower().startswith(_SYSTEM_TABLES):
            raise StatementRefusedError(reason=f"The table {name[:60]} is the engine's own.")
    folded = {name.casefold() for name in made}
    hidden = tuple(name for name in named if name.casefold() in folded)
    wants_event = any(one.get("class") == "COLUMN_REF" and EVENT_COLUMN in one.get("column_names", ()) for one in parts)
    return Statement(tuple(name for name in named if name not in hidden), hidden, wants_event)


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the parse; deep ones too, without recursion."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _judge(part: Mapping[str, Any]) -> None:
    kind = str(part.get("type", ""))
    if kind.endswith("_NODE") and "class" not in part and kind not in _NODES:
        raise StatementRefusedError(reason=f"A {kind.removesuffix('_NODE').removesuffix('_QUERY')} may not stand within it.")
    if "sample" in part and "alias" in part and kind not in _TABLES:  # what every table reference has, and nothing else
        raise StatementRefusedError(reason=f"A {kind} may not stand in its FROM.")
    if kind == "SHOW_REF" and (part.get("show_type") not in _SHOWS or not part.get("query")):
        raise StatementRefusedError(reason="What the engine has is not shown; DESCRIBE and SUMMARIZE work on a stream.")
    if kind == "TABLE_FUNCTION":
        name = str(part["function"].get("function_name", "")).lower()
        if name not in _TABLE_FUNCTIONS:
            raise StatementRefusedError(reason=f"The table function {name[:60]} may not be called.")
    elif str(part.get("class")) in {"FUNCTION", "WINDOW"} and _REFUSED.match(str(part.get("function_name", "")).lower()):
        raise StatementRefusedError(reason=f"The function {str(part['function_name'])[:60]} may not be called.")


def _made(part: Mapping[str, Any]) -> Iterator[Any]:
    """Names of the tables that the question makes by WITH."""
    ctes = part.get("cte_map")
    if isinstance(ctes, Mapping):
        yield from (one.get("key") for one in ctes.get("map", ()))
    if str(part.get("type")) in _NODES and part.get("cte_name"):
        yield part["cte_name"]


def _table(part: Mapping[str, Any]) -> str:
    path = [str(part.get(name) or "") for name in ("catalog_name", "schema_name", "table_name")]
    whole = ".".join(one for one in path if one)
    if path[0] or path[1]:
        raise StatementRefusedError(reason=f'A stream\'s name stands in double quotes: "{whole[:249]}".')
    return whole
