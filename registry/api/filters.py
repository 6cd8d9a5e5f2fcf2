"""What the list of schemas is narrowed by."""

from __future__ import annotations

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.db.models.lookups import Contains
from django_filters import rest_framework as filters  # type: ignore[import-untyped]  # ships no types

from registry.models import Repository, SchemaTitle
from registry.search import ranked, search

# The newest version's fields, each between two line ends.
_LINES = Concat(Value("\n"), F("latest__field_paths"), Value("\n"), output_field=CharField())
_YES_NO = {"true": True, "false": False, "yes": True, "no": False}  # also as the catalogue's addresses say it
_DEPRECATED = (
    Q(deprecated_since__isnull=False)
    | Q(repository__deprecated_since__isnull=False)
    | Q(latest__isnull=False, latest__deprecated_since__isnull=False)
)


class TitleFilter(filters.FilterSet):  # type: ignore[misc]  # ships no types
    """The parameters; a word that isn't one of them is ignored, as HTTP caches and trackers add some."""

    q = filters.CharFilter(method="by_words", label="Words, each found in the title, a field or a description.")
    title = filters.CharFilter(field_name="name", lookup_expr="icontains", label="A part of the title.")
    prefix = filters.CharFilter(field_name="name", lookup_expr="startswith", label="How the title begins.")
    field = filters.CharFilter(method="by_field", label="A field of the newest version, by its whole path: performer.user_id.")
    field_prefix = filters.CharFilter(method="by_field_prefix", label="How the path of a field begins: performer.")
    repository = filters.CharFilter(field_name="repository__name", label="Of this repository.")
    role = filters.ChoiceFilter(field_name="repository__role", choices=Repository.Role.choices, label="Of such repositories.")
    deprecated = filters.ChoiceFilter(
        method="by_deprecation",
        choices=[(word, word) for word in _YES_NO],
        label="Deprecated (also by its repository), or not.",
    )

    class Meta:
        model = SchemaTitle
        fields: tuple[str, ...] = ()

    def by_words(self, titles: QuerySet[SchemaTitle], _name: str, words: str) -> QuerySet[SchemaTitle]:
        """As the search of the catalogue, the best first."""
        return ranked(search(titles, words), words)

    def by_field(self, titles: QuerySet[SchemaTitle], _name: str, path: str) -> QuerySet[SchemaTitle]:
        """Those with exactly this field."""
        return titles.filter(Contains(_LINES, f"\n{path}\n"))

    def by_field_prefix(self, titles: QuerySet[SchemaTitle], _name: str, path: str) -> QuerySet[SchemaTitle]:
        """Those with a field whose path begins so."""
        return titles.filter(Contains(_LINES, f"\n{path}"))

    def by_deprecation(self, titles: QuerySet[SchemaTitle], _name: str, word: str) -> QuerySet[SchemaTitle]:
        """Those that are deprecated, or the others."""
        return titles.filter(_DEPRECATED) if _YES_NO[word] else titles.exclude(_DEPRECATED)
