"""What tests of pulls share: a repository that pulls from an origin, and what became of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from registry.models import Repository
from registry.repositories import pulling
from tests.registry.origins import Origin


def repository(origin: Origin, name: str = "mine", **facts: Any) -> Repository:
    made: Repository = Repository.objects.create(
        name=name, kind="git", url=str(origin.path), next_pull_at=timezone.now(), **facts
    )
    return made


def pull_all() -> list[tuple[str, str]]:
    return [(one.name, one.outcome) for one in pulling.pull_due()]


def mine() -> Repository:
    return Repository.objects.get(name="mine")
