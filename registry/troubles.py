"""What needs attention in the registry: refused imports, repositories out of reach, deprecated schemas in streams."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localtime

from eventplatform import panels
from eventplatform.panels import Trouble
from registry.models import Repository, SchemaTitle

_NAMED = 5  # streams, in a line of the list
_LARGE = ("current_text", "changelog_text", "search_text")


def refused_imports() -> list[Trouble]:
    """One line per repository; the first problem says what to mend."""
    return [_trouble(repository) for repository in Repository.objects.filter(failed_at__isnull=False)]


def _trouble(repository: Repository) -> Trouble:
    first = repository.problems[0] if repository.problems else {}
    place = f"{first.get('path', '')}:{first.get('line', '')}"
    return Trouble(
        level="warn",
        what=f"The newest import of the repository {repository.name} was refused",
        why=f"{place} {first.get('message', '')} The last good state goes on being served.",
        link=reverse("schema-repository", args=[repository.name]),
        remedy=str(first.get("remedy", "")) or "Look at the problems and import again.",
        since=f"{localtime(repository.failed_at):%Y-%m-%d %H:%M}",
        kind="schema.import_refused",
        subject=repository.name,
        began_at=repository.failed_at,
    )


def unreached() -> list[Trouble]:
    """One line per repository whose newest pulls didn't reach its branch."""
    failing = Repository.objects.filter(pull_failures__gt=0, is_enabled=True, kind=Repository.Kind.GIT)
    return [_unreached(repository) for repository in failing]


def _unreached(repository: Repository) -> Trouble:
    said = repository.pull_trouble
    return Trouble(
        level="warn",
        what=f"The schema repository {repository.name} is not reached",
        why=f"{said.get('message', '')} What was imported goes on being served.",
        link=reverse("schema-repository", args=[repository.name]),
        remedy=str(said.get("remedy", "")),
        since=str(said.get("since", ""))[:16].replace("T", " "),
        kind="schema.unreached",
        subject=repository.name,
    )


def deprecated_in_use() -> list[Trouble]:
    """One line per deprecated title that streams still carry, be it deprecated by itself or with its repository."""
    deprecated = Q(deprecated_since__isnull=False) | Q(repository__deprecated_since__isnull=False)
    titles = SchemaTitle.objects.filter(deprecated).select_related("repository").defer(*_LARGE)
    used = [(title, panels.call("streamconfig.streams_of_title", title.name, default=())) for title in titles]
    return [_still_used(title, streams) for title, streams in used if streams]


def _still_used(title: SchemaTitle, streams: Sequence[str]) -> Trouble:
    said = title if title.deprecated_since else title.repository
    more = f" and {len(streams) - _NAMED} more" if len(streams) > _NAMED else ""
    return Trouble(
        level="warn",
        what=f"The deprecated schema {title.name} is still used by {', '.join(streams[:_NAMED])}{more}",
        why=said.deprecation_reason,
        link=reverse("schema", args=[title.name]),
        remedy=f"Move the streams to {said.replacement}." if said.replacement else "Move the streams to another schema.",
        since=f"{said.deprecated_since:%Y-%m-%d}",
        kind="schema.deprecated_in_use",
        subject=title.name,
    )
