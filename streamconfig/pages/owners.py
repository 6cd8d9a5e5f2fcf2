"""Who answers for a stream or an instrument, as pages name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from streamconfig.configuration.document import Document


@dataclass(frozen=True, slots=True)
class Owner:
    """A team that is kept, or just words."""

    name: str
    link: str = ""
    contact: str = ""
    email: str = ""


def owner_of(document: Document, owner: str) -> Owner:
    """The team of that key or title; the words as they are where no such team is kept."""
    for key, team in document.section("teams").items():
        if owner and owner in (key, team.get("title")):
            return _team(key, team)
    return Owner(owner, reverse("team", args=[owner]) if owner else "")


def _team(key: str, team: Mapping[str, Any]) -> Owner:
    link = reverse("team", args=[key])
    return Owner(str(team.get("title") or key), link, str(team.get("contact") or ""), str(team.get("email") or ""))
