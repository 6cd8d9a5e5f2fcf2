"""People, a managed repository and drafts for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from django.contrib.auth.models import Permission, User
from django.db import connection

from registry.managed import drafting
from registry.models import Draft, Repository, SchemaVersion

TITLE = "team/click"


def repository(name: str = "team") -> Repository:
    managed = Repository.Kind.MANAGED
    return Repository.objects.get_or_create(name=name, defaults={"kind": managed, "profile": "strict", "order": 9})[0]


def person(name: str, *codenames: str) -> User:
    user, _ = User.objects.get_or_create(username=name)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="registry", codename__in=codenames))
    return User.objects.get(pk=user.pk)  # without remembered permissions


def engineer(name: str = "ada") -> User:
    return person(name, "add_draft", "change_draft", "approve_draft")


def approver(name: str = "boris") -> User:
    return person(name, "approve_draft")


def submitted(title: str = TITLE, *, author: User | None = None, text: str = "", reason: str = "We count clicks") -> Draft:
    author = author or engineer()
    draft = drafting.start(repository=repository(), title=title, user=author)
    draft = drafting.edit(draft_id=draft.pk, text=text or draft.text, reason=reason, seen=draft.edit, user=author)
    return drafting.submit(draft_id=draft.pk, seen=draft.edit, user=author)


def published(title: str = TITLE, *, text: str = "") -> SchemaVersion:
    draft = submitted(title, text=text)
    return drafting.approve(draft_id=draft.pk, seen=draft.edit, user=approver())


def with_field(text: str, name: str = "button") -> str:
    """The text with one more optional field."""
    field = f"  {name}:\n    description: Which button it was.\n    type: string\n    maxLength: 100\n"
    return text.replace("  action:\n", f"{field}  action:\n", 1)


def at_once(works: Sequence[Callable[[], object]]) -> list[Exception | None]:
    """Do the works in threads that begin together, each on a connection of its own; what each failed with."""
    barrier = threading.Barrier(len(works))
    failed: list[Exception | None] = [None] * len(works)

    def work(index: int) -> None:
        barrier.wait()
        try:
            works[index]()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
            failed[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
