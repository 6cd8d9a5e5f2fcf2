"""`manage.py drain_spool` over the log in memory."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from eventplatform.broker.memory import memory_log
from eventplatform.core.records import TopicPartition
from intake.spool import segments
from intake.spool.spool import Spool
from tests.intake.spool.worlds import ROOM, fill, only_segment


@pytest.fixture(autouse=True)
def log_in_memory(settings: Settings) -> None:
    settings.EVENT_LOG_URL = "memory://drain-spool"
    memory_log("memory://drain-spool").create_topic("t")


def run(folder: Path, **options: float) -> str:
    out = StringIO()
    call_command("drain_spool", folder, stdout=out, **options)
    return out.getvalue()


def test_drain_spool__of_a_lost_host__sends_all_and_reports(tmp_path: Path) -> None:
    fill(tmp_path, [str(number) for number in range(2_500)], ["spoilt"])
    path = only_segment(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"spoilt", b"spoild"))

    told = run(tmp_path)

    assert "2500 records wait" in told
    assert "2500 records sent, 0 refused by the log, 1 places damaged." in told
    assert "quarantine" in told
    log = memory_log("memory://drain-spool")
    found = log.read(TopicPartition("t", 0), 0, 10_000, 2**30, 0).records
    assert [one.value for one in found] == [str(number).encode() for number in range(2_500)]
    assert segments.listing(tmp_path) == []


def test_drain_spool__its_intake_lives__refused(tmp_path: Path) -> None:
    fill(tmp_path, ["1"])
    owner = Spool(tmp_path, ROOM)

    with pytest.raises(CommandError, match=r"in use by process \d+ of .*Stop it first"):
        run(tmp_path)
    owner.close()


def test_drain_spool__no_such_folder__says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no folder"):
        run(tmp_path / "nowhere")
