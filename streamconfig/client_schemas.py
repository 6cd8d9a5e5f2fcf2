"""The schemas of streams as clients meet them: which version they send, and which fields of it they fill in."""

from __future__ import annotations

from functools import lru_cache

from registry.schema.schema_set import SchemaSet, SchemaSource
from streamconfig.configuration import client_fields
from streamconfig.configuration.client_view import Fields


def newest(schemas: SchemaSet, title: str) -> SchemaSource | None:
    """The newest version that isn't deprecated; the newest of all where each is."""
    ids = schemas.ids(title)
    chosen = next((one for one in reversed(ids) if schemas.deprecation(one) is None), ids[-1] if ids else "")
    return schemas.source(chosen)


def fields_of(schemas: SchemaSet, title: str, attributes: tuple[str, ...], *, is_of_stream: bool) -> Fields:
    """The fields that clients fill in, also of versions that have others: a client makes no event of theirs invalid, either."""
    chosen = newest(schemas, title)
    if chosen is None:
        return Fields(None, (), {})
    sources = (source for one in schemas.ids(title) if (source := schemas.source(one)))
    found = {one.schema_id: _fields(one, attributes, is_of_stream=is_of_stream) for one in sources}
    fields = found[chosen.schema_id]
    return Fields(chosen.schema_id, fields, {schema_id: other for schema_id, other in found.items() if other != fields})


def has_field(schemas: SchemaSet, title: str, attribute: str) -> bool | None:
    """Whether clients can send a contextual attribute with events of a title; None where no version is there."""
    source = newest(schemas, title)
    return None if source is None else _path(source, attribute) is not None


# Versions never change. Reading one costs 0.2 ms, and no publish has to do that again.
@lru_cache(maxsize=20_000)
def _fields(source: SchemaSource, attributes: tuple[str, ...], *, is_of_stream: bool) -> tuple[str, ...]:
    known = client_fields.KNOWN if is_of_stream else {}
    return tuple(client_fields.fields_of(source.document, attributes, known))


@lru_cache(maxsize=20_000)
def _path(source: SchemaSource, attribute: str) -> str | None:
    return client_fields.path_of(source.document, attribute)
