"""Configuration for tests of all rooms: through change requests, like everybody's, with somebody who approves at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import User

from streamconfig import services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import Actor, of_user
from streamconfig.change_control.publishing import Published
from streamconfig.configuration.document import Entry

APPROVERS = ("an approver", "another approver")


def configure(
    document: Mapping[str, Any], *, author: str = "tests", reason: str = "", is_complete: bool = False
) -> Published | None:
    """Publish a document's items; None where nothing differs."""
    return publish(services.with_document(document, is_complete=is_complete), author=author, reason=reason)


def switch(names: Collection[str], *, is_enabled: bool, author: str = "tests", reason: str = "") -> Published | None:
    """Switch streams on or off."""
    return publish(services.with_enabled(names, is_enabled=is_enabled), author=author, reason=reason)


def save(entry: Entry, *, is_new: bool = False, author: str = "tests", reason: str = "") -> Published | None:
    """Add or replace one stream."""
    return publish(services.with_stream(entry, is_new=is_new), author=author, reason=reason)


def publish(wish: services.Wish, *, author: str = "tests", reason: str = "", base_revision: int = 0) -> Published | None:
    """Propose what a wish changes and approve it until nothing is missing."""
    outcome = services.propose(
        wish, by=author_named(author), title=reason or "Configured by a test", reason=reason, base_revision=base_revision
    )
    for name in APPROVERS:
        if outcome is None or outcome.published:
            break
        request = outcome.request
        outcome = requests.approve(request.pk, by=of_user(approver(name)), seen=request.edit)
    return outcome.published if outcome else None


def author_named(name: str) -> Actor:
    """Somebody who may ask for anything."""
    return Actor(name=name, is_superuser=True)


def approver(name: str) -> User:
    """An account that may approve anything."""
    user, _ = User.objects.get_or_create(username=name, defaults={"is_superuser": True, "is_staff": True})
    return user
