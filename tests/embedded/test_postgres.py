"""The embedded Postgres: kept data, crashes, leftovers, and clear words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from eventplatform import env
from eventplatform.embedded import folders
from eventplatform.embedded.errors import DataUnusableError, DiskFullError, FolderUnsafeError, ServerBusyError
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.server import processes_in

pytestmark = pytest.mark.slow


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def write(server: Postgres, value: int) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("create table if not exists kept (value int)")
        connection.execute("insert into kept values (%s)", [value])


def values(server: Postgres) -> list[int]:
    with psycopg.connect(server.url("postgres")) as connection:
        return [row[0] for row in connection.execute("select value from kept order by value")]


def start_and_die(var: Path) -> None:
    """Start the server in a process that is then killed with -9."""
    script = f"""
import os, pathlib
from eventplatform.embedded.postgres import Postgres
Postgres(pathlib.Path({str(var)!r})).start()
os.kill(os.getpid(), 9)
"""
    died = subprocess.run([sys.executable, "-c", script], cwd=env.ROOT, check=False)
    assert died.returncode == -signal.SIGKILL


def test_start__again__keeps_the_data(own_postgres: Postgres) -> None:
    own_postgres.start()
    write(own_postgres, 1)
    own_postgres.stop()

    own_postgres.start()

    assert values(own_postgres) == [1]


def test_start__after_kill_9_of_the_server__keeps_what_was_committed(own_postgres: Postgres) -> None:
    own_postgres.start()
    write(own_postgres, 1)

    own_postgres.kill()
    own_postgres.start()

    assert values(own_postgres) == [1]


def test_server__starter_killed__ends_too(own_postgres: Postgres) -> None:
    start_and_die(own_postgres.var)

    wait_until(lambda: not processes_in(own_postgres.data))


def test_start__lock_file_of_a_process_that_runs_something_else__starts(own_postgres: Postgres) -> None:
    own_postgres.start()
    pid_file = own_postgres.data / "postmaster.pid"
    text = pid_file.read_text()
    own_postgres.kill()
    pid_file.write_text(text.replace(text.splitlines()[0], str(os.getpid()), 1))

    own_postgres.start()

    assert own_postgres.pid


def test_start__socket_of_a_process_that_runs_something_else__starts(own_postgres: Postgres) -> None:
    """As after a kill of everything, when the killed server's number still, or again, belongs to a process."""
    own_postgres.start()
    lock_file = own_postgres.sockets / ".s.PGSQL.5432.lock"
    text = lock_file.read_text()
    own_postgres.kill()
    with subprocess.Popen([*own_postgres.prefix, "sleep", "60"]) as other:
        lock_file.write_text(text.replace(text.splitlines()[0], str(other.pid), 1))

        own_postgres.start()

        other.kill()
    assert own_postgres.pid


def test_start__initdb_cut_off__starts_afresh(own_postgres: Postgres) -> None:
    half = own_postgres.var / "postgres.new-1"
    (half / "base").mkdir(parents=True)

    own_postgres.start()

    assert own_postgres.pid
    assert not half.exists()


def test_start__run_by_another__names_it(own_postgres: Postgres) -> None:
    own_postgres.start()

    with pytest.raises(ServerBusyError, match=f"already run by process {os.getpid()}"):
        Postgres(own_postgres.var).start()


def test_start__foreign_data__says_so(own_postgres: Postgres) -> None:
    (own_postgres.data / "photos").mkdir(parents=True)

    with pytest.raises(DataUnusableError, match="holds no Postgres database"):
        own_postgres.start()


def test_start__disk_full__says_how_much_is_needed(own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_NEEDED_BYTES", 1 << 60)

    with pytest.raises(DiskFullError, match="MB are needed"):
        own_postgres.start()


@pytest.fixture
def deep_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        yield Path(folder) / ("a" * 60) / ("b" * 60)


def test_start__path_too_long_for_a_socket__uses_a_short_private_folder(deep_folder: Path) -> None:
    server = Postgres(deep_folder)
    server.start()
    try:
        write(server, 1)

        assert server.sockets.stat().st_mode & 0o777 == 0o700
        assert deep_folder not in server.sockets.parents
    finally:
        server.stop()
        server.sockets.rmdir()


def test_sockets__folder_is_a_link__refused(own_postgres: Postgres, tmp_path: Path) -> None:
    own_postgres.sockets.symlink_to(tmp_path)

    with pytest.raises(FolderUnsafeError, match="is a link"):
        own_postgres.start()
