"""Events as Parquet files, and such files merged into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.mapping.columns import ColumnType
from connectors.mapping.policies import UNKNOWN_FIELD, Policies, shape_all
from connectors.mapping.values import PYTHON, Leftover, MisfitError
from connectors.sinks.base import Row, WriteBatch
from connectors.stores.lake_columns import ListOf, MapOf, Shape, Struct
from connectors.stores.lake_formats import Format
from eventplatform.core.records import Record

Path = tuple[str, ...]
Put = Callable[[Any, Path, list[Leftover]], Any]

_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIME: pa.timestamp("us", "UTC"),
    ColumnType.JSON: pa.string(),
}
_META = [
    ("_topic", pa.string()),
    ("_partition", pa.int32()),
    ("_offset", pa.int64()),
    ("_timestamp", pa.timestamp("us", "UTC")),
    ("_schema", pa.string()),
    ("_extra", pa.string()),
]
_ROWS_PER_GROUP = 100_000


class Table(Format):
    """The columns of a stream's Parquet files."""

    ending = ".parquet"

    def __init__(self, columns: Struct, compression: str) -> None:
        self.schema = pa.schema([*_META, *((name, _arrow(shape)) for name, shape in columns.fields.items())])
        self._put = _struct(columns)
        self._compression = compression

    def shaped(self, batch: WriteBatch) -> tuple[list[dict[str, Any]], int]:
        policies = Policies.of(batch.steering)
        discarded = 0

        def shape(row: Row) -> dict[str, Any]:
            nonlocal discarded
            left: list[Leftover] = []
            event = {name: value for name, value in row.event.items() if name != "$schema"}
            values: dict[str, Any] = self._put(event, (), left)
            extra, gone = policies.settle(left)
            discarded += gone
            return _meta(row.record, row.event.get("$schema"), extra) | values

        return shape_all(batch.rows, shape), discarded

    def encoded(self, rows: Sequence[dict[str, Any]]) -> bytes:
        return self._file([pa.Table.from_pylist(list(rows), schema=self.schema)])

    def merged(self, contents: Iterable[bytes]) -> bytes:
        """One file of several of the same stream; columns that an older one has not are empty there."""
        return self._file(
            pa.Table.from_batches([batch])
            for content in contents
            for batch in pq.ParquetFile(pa.BufferReader(content)).iter_batches()
        )

    def _file(self, tables: Iterable[pa.Table]) -> bytes:
        out = pa.BufferOutputStream()
        with pq.ParquetWriter(out, self.schema, compression=self._compression) as writer:
            for table in tables:
                writer.write_table(widened(table, self.schema), row_group_size=_ROWS_PER_GROUP)
        content: bytes = out.getvalue().to_pybytes()
        return content


def widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with all columns and fields of `schema`, which has everything that the table has."""
    if table.schema.equals(schema):
        return table
    try:
        return pa.Table.from_arrays([_column(table, field) for field in schema], schema=schema)
    except pa.ArrowNotImplementedError:  # of structs within maps
        return pa.Table.from_pylist(table.to_pylist(), schema=schema)


def _column(table: pa.Table, field: pa.Field) -> Any:
    if field.name in table.column_names:
        return table.column(field.name).cast(field.type)
    return pa.nulls(len(table), field.type)


def _arrow(shape: Shape) -> pa.DataType:
    match shape:
        case Struct(fields):
            return pa.struct([(name, _arrow(inner)) for name, inner in fields.items()])
        case ListOf(item):
            return pa.list_(_arrow(item))
        case MapOf(value):
            return pa.map_(pa.string(), _arrow(value))
        case ColumnType():
            return _ARROW[shape]


def _meta(record: Record, schema_id: Any, extra: str | None) -> dict[str, Any]:
    return {
        "_topic": record.topic,
        "_partition": record.partition,
        "_offset": record.offset,
        "_timestamp": record.timestamp_ms * 1000,
        "_schema": None if schema_id is None else str(schema_id),
        "_extra": extra,
    }


def _put(shape: Shape) -> Put:
    """What brings a value into the form of its column; what doesn't fit goes to the list it is given, and leaves nothing."""
    match shape:
        case Struct():
            return _struct(shape)
        case ListOf(item):
            return _list(item)
        case MapOf(value):
            return _map(_put(value))
        case ColumnType():
            return _scalar(shape)


def _scalar(kind: ColumnType) -> Put:
    convert = PYTHON[kind]

    def put(value: Any, path: Path, left: list[Leftover]) -> Any:
        try:
            return None if value is None else convert(value)
        except MisfitError as misfit:
            left.append(Leftover(path, str(misfit), value))
            return None

    return put


def _struct(shape: Struct) -> Put:
    # Scalars are converted right here: some twenty of them an event, and no path is made for those that fit.
    scalars = {name: PYTHON[inner] for name, inner in shape.fields.items() if isinstance(inner, ColumnType)}
    others = {name: _put(inner) for name, inner in shape.fields.items() if name not in scalars}

    def put(value: Any, path: Path, left: list[Leftover]) -> Any:
        if not isinstance(value, dict):
            return _no(value, "not_an_object", path, left)
        found = {}
        for name, inner in value.items():
            if inner is None:
                continue
            convert = scalars.get(name)
            if convert is not None:
                try:
                    found[name] = convert(inner)
                except MisfitError as misfit:
                    left.append(Leftover((*path, name), str(misfit), inner))
            elif name in others:
                found[name] = others[name](inner, (*path, name), left)
            else:
                left.append(Leftover((*path, name), UNKNOWN_FIELD, inner))
        return found

    return put


def _list(item: Shape) -> Put:
    put_item = _put(item)
    convert = PYTHON[item] if isinstance(item, ColumnType) else None

    def put(value: Any, path: Path, left: list[Leftover]) -> Any:
        if not isinstance(value, list):
            return _no(value, "not_an_array", path, left)
        if convert is not None:
            with suppress(MisfitError):
                return [None if one is None else convert(one) for one in value]
        return [put_item(one, (*path, str(index)), left) for index, one in enumerate(value)]

    return put


def _map(put_value: Put) -> Put:
    def put(value: Any, path: Path, left: list[Leftover]) -> Any:
        if not isinstance(value, dict):
            return _no(value, "not_an_object", path, left)
        return [(name, put_value(one, (*path, name), left)) for name, one in value.items()]

    return put


def _no(value: Any, why: str, path: Path, left: list[Leftover]) -> None:
    if value is not None:
        left.append(Leftover(path, why, value))
