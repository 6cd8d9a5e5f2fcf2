"""What needs attention in the registry: repositories whose newest import was refused."""

from __future__ import annotations

from django.urls import reverse
from django.utils.timezone import localtime

from eventplatform.panels import Trouble
from registry.models import Repository


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
        link=reverse("schemas"),
        remedy=str(first.get("remedy", "")) or "Look at the problems and import again.",
        since=f"{localtime(repository.failed_at):%Y-%m-%d %H:%M}",
    )
