"""What other processes see of imports: whole states alone, and a wake-up at each commit."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections

from eventplatform.core.names import SNAPSHOT_CHANNEL
from registry import lookups, services

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

TITLES = 5
IMPORTS = 12


def publish(folder: Path, version: str) -> services.ImportReport:
    """Publish one more version of each title."""
    for title in range(TITLES):
        file = folder / f"jsonschema/t{title}/{version}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"$id: /t{title}/{version}\n$schema: http://json-schema.org/draft-07/schema#\n")
    return services.import_folder(name="mine", folder=folder)


def test_readers__during_imports__see_whole_states_alone(tmp_path: Path) -> None:
    seen: set[int] = set()
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            seen.add(len(lookups.schemas(is_fresh=True)))
        seen.add(len(lookups.schemas(is_fresh=True)))
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(IMPORTS):
        assert publish(tmp_path, f"1.{number}.0").is_ok
    is_done.set()
    reader.join()

    assert {count % TITLES for count in seen} == {0}
    assert max(seen) == TITLES * IMPORTS


def test_import__committed__wakes_who_listens(tmp_path: Path) -> None:
    settings = connection.get_connection_params()
    wanted = {name: settings[name] for name in ("dbname", "user", "password", "host", "port") if settings.get(name)}
    with psycopg.connect(**wanted, autocommit=True) as listener:
        listener.execute(f"LISTEN {SNAPSHOT_CHANNEL}")

        publish(tmp_path, "1.0.0")
        first = next(listener.notifies(timeout=5), None)
        services.import_folder(name="mine", folder=tmp_path)
        second = next(listener.notifies(timeout=0.3), None)

    assert first is not None
    assert first.payload == "registry 1"
    assert second is None


def test_imports__two_at_once__one_after_the_other(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    reports: list[services.ImportReport] = []
    for index, folder in enumerate(folders):
        file = folder / f"jsonschema/x{index}/1.0.0.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(f"$id: /x{index}/1.0.0\n$schema: http://json-schema.org/draft-07/schema#\n")

    def work(index: int) -> None:
        reports.append(services.import_folder(name=f"r{index}", folder=folders[index]))
        connections.close_all()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(report.revision for report in reports) == [1, 2]
    assert lookups.schemas(is_fresh=True).titles() == ("x0", "x1")
