"""What makes a schema's outermost dataclass an event that producers send: its schema's id, and what the client sets in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from registry.codegen.shapes import Field, Literals, Primitive, Record
from registry.codegen.spelling import literal

_TEXT = Primitive("string")
_SCHEMA, _META, _MOMENT = "$schema", "meta", "dt"


class Event:
    """One schema's event. `names_of_meta`: the attribute of each field of `meta`."""

    def __init__(self, record: Record, schema_id: str, names_of_meta: Mapping[str, str]) -> None:
        self._record, self._schema_id, self._names_of_meta = record, schema_id, names_of_meta

    def head(self) -> Iterator[str]:
        """The class's constant."""
        if self._schema_id:
            yield f"SCHEMA: ClassVar[str] = {literal(self._schema_id)}"
            yield ""

    def default(self, field: Field) -> str | None:
        """What stands for a field that the client sets, so that no producer has to; None for every other field."""
        if field.name == _SCHEMA and self._schema_id:
            return self._default_of_schema(field)
        if not field.is_required:
            return None
        if field.name == _MOMENT and field.shape == _TEXT:
            return '""'
        if field.name == _META and isinstance(field.shape, Record) and _is_of_texts(field.shape):
            given = ", ".join(f'{self._names_of_meta[one.name]}=""' for one in field.shape.fields if one.is_required)
            return f"field(default_factory=lambda: {field.shape.name}({given}))"
        return None

    def to_event(self) -> Iterator[str]:
        """The method by which a client takes it."""
        yield "def to_event(self) -> dict[str, Any]:"
        yield '    """What a client sends: it sets itself what was left empty of meta and dt."""'
        unset = [one for one in self._record.fields if one.name != _SCHEMA and self.default(one) is not None]
        if not unset:
            yield "    return self.to_dict()"
            return
        yield "    data = self.to_dict()"
        for one in unset:
            key = literal(one.name)
            if one.name == _META:
                yield f'    data[{key}] = {{name: value for name, value in data[{key}].items() if value != ""}}'
            yield f"    if not data[{key}]:"
            yield f"        del data[{key}]"
        yield "    return data"

    def _default_of_schema(self, field: Field) -> str | None:
        if field.shape == _TEXT:
            return "SCHEMA"
        is_among = isinstance(field.shape, Literals) and self._schema_id in field.shape.values
        return literal(self._schema_id) if is_among else None


def _is_of_texts(meta: Record) -> bool:
    return all(one.shape == _TEXT for one in meta.fields if one.is_required)
