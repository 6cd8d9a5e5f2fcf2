"""Reads what Confluent's clients ask for: subjects, versions, ids, and schemas that they post."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from eventplatform import panels
from eventplatform.core.errors import RejectedError
from eventplatform.core.names import VERSION, split_schema_id, version_key
from registry import compatibility, lookups
from registry.confluent import shapes as confluent
from registry.confluent.shapes import Registered
from registry.models import SchemaTitle, SchemaVersion
from registry.schema import checking, documents
from registry.schema.formats import mode_of
from registry.schema.materialise import Materialiser
from registry.schema.packing import unpack

_OF_VALUES = "-value"  # how Confluent's serialisers name the subject of a topic
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject as it was asked for, and the title that it means."""

    name: str
    title: SchemaTitle

    @property
    def level(self) -> str:
        """What a new version owes to those before it."""
        return self.title.compatibility or self.title.repository.compatibility

    @property
    def rows(self) -> QuerySet[SchemaVersion]:
        """Its versions in the order of their numbers, without texts."""
        heavy = ("document_packed", "raw_text", "field_paths")
        return SchemaVersion.objects.filter(title=self.title).order_by("number").defer(*heavy)


def subject(name: str) -> Subject:
    """A title, or `<topic>-value` of a stream whose topic or name that is.

    Raises:
        ConfluentError: there is no such subject.
    """
    asked = confluent.subject_of(name)
    title = _title(asked) or (_title(_title_of_topic(asked.removesuffix(_OF_VALUES))) if asked.endswith(_OF_VALUES) else None)
    if title is None:
        raise confluent.subject_unknown(name)
    return Subject(name, title)


def _title(name: str) -> SchemaTitle | None:
    if not name or "\0" in name:
        return None
    heavy = ("current_text", "changelog_text", "search_text")
    return SchemaTitle.objects.select_related("repository").defer(*heavy).filter(name=name[:300]).first()


def _title_of_topic(topic: str) -> str:
    """The title of the schema ids that a topic's stream carries; streams may name it as documents call themselves."""
    named = panels.call("streamconfig.title_of_topic", topic, default="")
    schema = lookups.schemas().latest(named) if named else None
    return split_schema_id(schema.schema_id)[0] if schema else ""


def subjects(prefix: str) -> list[str]:
    """All titles with a version, in order."""
    if "\0" in prefix:
        return []
    titles = SchemaTitle.objects.filter(latest__isnull=False, name__startswith=prefix)
    return list(titles.order_by("name").values_list("name", flat=True))


def version(asked: Subject, text: str) -> SchemaVersion:
    """One version of a subject, with its document.

    Raises:
        ConfluentError: the text names none, or none that there is.
    """
    number = confluent.version_of(text)
    rows = SchemaVersion.objects.filter(title=asked.title)
    # The newest by its number in the title's own order, which is that of publication: a mended old line is no newest one.
    row = rows.order_by("-major", "-minor", "-patch").first() if number is None else rows.filter(number=number).first()
    if row is None:
        raise confluent.version_unknown(text)
    return row


def registered(row: SchemaVersion, name: str) -> Registered:
    """A version under a subject's name."""
    return Registered(name, row.number, row.pk, row.content_hash, row.document)


def by_id(schema_id: int) -> SchemaVersion:
    """The version of that id.

    Raises:
        ConfluentError: there is none.
    """
    rows = SchemaVersion.objects.select_related("title")
    row = rows.filter(pk=schema_id).first() if schema_id <= _MAX_ID else None
    if row is None:
        raise confluent.schema_unknown(schema_id)
    return row


def by_guid(guid: str) -> SchemaVersion:
    """The version of that guid.

    Raises:
        ConfluentError: there is none.
    """
    rows = SchemaVersion.objects.select_related("title")
    row = rows.filter(content_hash__startswith=confluent.hash_of_guid(guid)).first()
    if row is None:
        raise confluent.schema_unknown(guid[:40])
    return row


@dataclass(frozen=True, slots=True)
class Posted:
    """A schema that a client sent, as it was and self-contained."""

    given: Mapping[str, Any]
    whole: Mapping[str, Any]
    content_hash: str


def posted(body: Any, title: str) -> Posted:
    """The schema of a request's body.

    Raises:
        ConfluentError: it is none that could be registered here.
    """
    text = body.get("schema") if isinstance(body, dict) else None
    if not isinstance(text, str) or body.get("schemaType", confluent.TYPE) != confluent.TYPE:
        raise confluent.schema_invalid(f"this registry holds schemas of the type {confluent.TYPE} alone.")
    try:
        given = documents.load(text, is_json=True)
        if not isinstance(given, dict):
            raise checking.SchemaInvalidError(reason="it must be an object")
        complete = {"$schema": confluent.DRAFT_07, "$id": f"/{title}/0.0.0", **given}
        if not isinstance(complete["$id"], str):
            raise checking.SchemaIdInvalidError(pointer="/$id", reason="must be text")
        checked = checking.check(complete, Materialiser(_loader(body.get("references"))), mode_of(settings.FORMAT_MODE))
    except RejectedError as error:
        raise confluent.schema_invalid(f"{error} {error.hint}".strip()) from None
    return Posted(given, json.loads(checked.document_text), checked.content_hash)


def _loader(references: Any) -> Callable[[str], Mapping[str, Any] | None]:
    """Finds what a posted schema refers to: by the names that its `references` give, or by id."""
    named = {one.get("name"): one for one in references if isinstance(one, dict)} if isinstance(references, list) else {}

    @functools.cache
    def load(ref: str) -> Mapping[str, Any] | None:
        found = named.get(ref)
        if found is not None and isinstance(found.get("subject"), str):
            return version(subject(found["subject"]), str(found.get("version", confluent.LATEST))).document
        packed = SchemaVersion.objects.filter(schema_id=ref).values_list("document_packed", flat=True).first()
        document: Mapping[str, Any] | None = json.loads(unpack(packed)) if packed else None
        return document

    return load


def equal(asked: Subject, schema: Posted) -> SchemaVersion | None:
    """The version of a subject that says the same, however it is laid out and whichever name of draft-07 it bears."""
    spelt = ({**schema.given, "$schema": name} for name in confluent.DRAFT_07_NAMES)
    hashes = {checking.content_hash(schema.given), schema.content_hash, *(checking.content_hash(one) for one in spelt)}
    return asked.rows.filter(content_hash__in=hashes).first()


def incompatible(asked: Subject, schema: Posted, against: SchemaVersion | None) -> list[str]:
    """Why a schema may not be the next version, in sentences: by the subject's level, or against one version.

    A schema whose `$id` opens a new major version of its title owes nothing to those before it.
    """
    if against is not None:
        pairs = [(_words(against), against.document)]
    else:
        major = _major_of(schema.given.get("$id"), asked.title.name)
        rows = SchemaVersion.objects.filter(title=asked.title).order_by("major", "minor", "patch")
        rows = rows if major is None else rows.filter(major=major)
        newest_alone = rows if asked.level.endswith("_TRANSITIVE") else list(rows)[-1:]
        pairs = [(_words(row), row.document) for row in newest_alone]
    try:
        found = compatibility.check(pairs, schema.whole, asked.level)
    except RejectedError as error:
        raise confluent.schema_invalid(error) from None
    return [f"{one.change.pointer or '/'}: {one.sentence} {one.change.why}".strip() for one in found]


def _words(row: SchemaVersion) -> str:
    return f"version {row.number} ({row.version})"


def _major_of(schema_id: Any, title: str) -> int | None:
    name, version_text = split_schema_id(schema_id) if isinstance(schema_id, str) else ("", "")
    return version_key(version_text)[0] if name == title and VERSION.fullmatch(version_text) else None
