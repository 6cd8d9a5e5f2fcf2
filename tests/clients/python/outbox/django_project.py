"""A small Django project with the outbox, run as a program: its database is named by the environment."""

from __future__ import annotations

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from eventclient.outbox import OutsideTransactionError


def databases() -> dict[str, object]:
    given = json.loads(os.environ["PROJECT_DATABASE"])
    options = {"timeout": 20, "init_command": "PRAGMA journal_mode=WAL"} if given["ENGINE"].endswith("sqlite3") else {}
    return {"default": {**given, "OPTIONS": options}}


def configure() -> None:
    settings.configure(
        INSTALLED_APPS=["eventclient.outbox.django"],
        DATABASES=databases(),
        USE_TZ=True,
        SECRET_KEY="of a test",
        EVENTCLIENT_PLATFORM=os.environ["PROJECT_PLATFORM"],
    )
    django.setup()


def write(how: str, count: str = "1", key: str = "") -> None:
    """`committed`, `rolled_back`, or `outside` of any transaction."""
    from django.db import transaction

    from eventclient.outbox.django import publish

    if how == "outside":
        publish("test.event", {"test": "x"})
        return
    with transaction.atomic():
        for number in range(int(count)):
            publish("test.event", {"test": f"{key}{number}" if how != "wrong" else 7}, key=key)
        transaction.set_rollback(how == "rolled_back")


def rows() -> None:
    from eventclient.outbox.django.models import OutboxEvent

    names = ("event_id", "state", "tries", "code", "pointer", "remedy")
    print(json.dumps(list(OutboxEvent.objects.order_by("pk").values(*names))))  # noqa: T201  # its output


def main(*arguments: str) -> None:
    """Commands with + between them; what one refuses is printed, and the next goes on."""
    configure()
    for line in " ".join(arguments).split(" + "):
        verb, *given = line.split(" ")
        try:
            if verb == "write":
                write(*given)
            elif verb == "rows":
                rows()
            else:
                call_command(verb, *given)
        except (CommandError, OutsideTransactionError) as error:
            print(error)  # noqa: T201  # likewise


if __name__ == "__main__":
    main(*sys.argv[1:])
