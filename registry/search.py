"""The search over titles, descriptions and fields: each word must be found somewhere."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from registry import fields, worked_out
from registry.models import SchemaTitle, SchemaVersion

_MAX_WORDS = 8
_PII = "x-pii:"  # how a mark of personal data stands in the text that is searched


def words_of(text: str) -> list[str]:
    """The words of a search, in small letters, not too many."""
    return text.lower().split()[:_MAX_WORDS]


def search(titles: QuerySet[SchemaTitle], words: str) -> QuerySet[SchemaTitle]:
    """The titles whose name, description or fields, in the newest version, hold every word."""
    for word in words_of(words):
        titles = titles.filter(search_text__contains=word)
    return titles


def with_personal_data(titles: QuerySet[SchemaTitle]) -> QuerySet[SchemaTitle]:
    """Those whose newest version marks a field as personal data."""
    return titles.filter(search_text__contains=_PII)


def deprecated() -> Q:
    """The titles that are deprecated: themselves, with their repository, or in their newest version."""
    newest = SchemaVersion.objects.filter(pk=OuterRef("latest"), deprecated_since__isnull=False)
    return Q(deprecated_since__isnull=False) | Q(repository__deprecated_since__isnull=False) | Q(Exists(newest))


def matching_fields(version: SchemaVersion | None, words: Sequence[str], limit: int = 3) -> list[fields.Field]:
    """The fields that a search found in a version, the best ones first."""
    return fields.matching(worked_out.fields_of(version), words)[:limit] if version and words else []
