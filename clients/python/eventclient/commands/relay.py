"""`eventclient relay postgresql+psycopg://…`: send the events of a SQLAlchemy outbox; Django has `manage.py relay_events`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from eventclient.commands.asking import CommandError


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument(
        "database", help="its URL, as SQLAlchemy has it; - for EVENTCLIENT_DATABASE, which no list of processes shows"
    )
    arguments.add_argument("--table", default="eventclient_outbox")
    arguments.add_argument("--once", action="store_true", help="send what is due and end; 1 where events still wait")
    arguments.add_argument("--requeue", nargs="?", const="", metavar="CODE", help="let refused events wait again, and end")
    arguments.add_argument("--counts", action="store_true", help="say how many there are of each, and end")


def run(options: argparse.Namespace) -> int:
    """Send until it is stopped."""
    store, relay = _opened(options)
    if options.requeue is not None:
        sys.stdout.write(f"{store.requeue(options.requeue, datetime.now(UTC))} events wait again.\n")
        return 0
    if options.counts:
        sys.stdout.write(f"{store.counts(datetime.now(UTC))}\n")
        return 0
    if options.once:
        relay.once()
        relay.clean()
        found = store.counts(datetime.now(UTC))
        sys.stdout.write(f"{found}\n")
        return 1 if found.waiting else 0
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    relay.run(stop)
    return 0


def _opened(options: argparse.Namespace) -> tuple[Any, Any]:
    try:
        import sqlalchemy

        from eventclient.outbox import HttpCourier, Relay
        from eventclient.outbox.sqlalchemy import SqlStore, outbox_table
    except ImportError:
        raise CommandError(
            "SQLAlchemy is missing.", 'pip install "eventplatform-client[sqlalchemy]"', "relay.package"
        ) from None
    try:
        engine = sqlalchemy.create_engine(_url(options))
        has_table = sqlalchemy.inspect(engine).has_table(options.table)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:  # their texts may hold the URL, and it a password
        message = f"The database can't be opened ({type(error).__name__})."
        raise CommandError(message, "Look at its URL, and whether its driver is installed.", "relay.database") from None
    if not has_table:
        raise CommandError(
            f"The database has no table {options.table}.",
            "Let your migrations make it, or name another by --table.",
            "relay.table",
        )
    store = SqlStore(engine, outbox_table(sqlalchemy.MetaData(), options.table))
    return store, Relay(store, HttpCourier(options.platform, key=options.key))


def _url(options: argparse.Namespace) -> str:
    import os

    return os.environ.get("EVENTCLIENT_DATABASE", "") if options.database == "-" else str(options.database)
