"""The search over titles, descriptions and fields: each word must be found somewhere."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from registry.models import SchemaTitle, SchemaVersion
from registry.pages import worked_out
from registry.schema import fields
from registry.schema.search_text import exact_field

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


def ranked(titles: QuerySet[SchemaTitle], words: str) -> QuerySet[SchemaTitle]:
    """The best first: what is called so, what has exactly that field, what bears the word in its name; then by name."""
    wanted = words_of(words)
    if not wanted:
        return titles.order_by("name")
    rank = sum((_rank(word) for word in wanted[1:]), start=_rank(wanted[0]))
    return titles.order_by(rank, "name")


def _rank(word: str) -> Case:
    return Case(
        When(name__iexact=word, then=Value(0)),
        When(search_text__contains=exact_field(word), then=Value(1)),
        When(name__icontains=word, then=Value(2)),
        default=Value(3),
    )


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
