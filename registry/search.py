"""The search over titles, descriptions and fields: each word must be found somewhere."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from registry.models import SchemaTitle, SchemaVersion

_MAX_WORDS = 8


def search(titles: QuerySet[SchemaTitle], words: str) -> QuerySet[SchemaTitle]:
    """The titles whose name, description or fields, in the newest version, hold every word."""
    for word in words.split()[:_MAX_WORDS]:
        titles = titles.filter(
            Q(name__icontains=word) | Q(latest__description__icontains=word) | Q(latest__field_paths__icontains=word)
        )
    return titles


def matching_paths(version: SchemaVersion | None, words: str, limit: int = 3) -> list[str]:
    """The fields that a search for `words` found in a version: those that hold one of them."""
    wanted = [word.lower() for word in words.split()[:_MAX_WORDS]]
    paths = version.field_paths.splitlines() if version and wanted else []
    return [path for path in paths if any(word in path.lower() for word in wanted)][:limit]
