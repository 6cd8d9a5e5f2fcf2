"""F17: power is cut at any moment: whatever was promised is on the disk, or in the log."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

import httpx
import orjson
import pytest

from tests.faults.conftest import Stack
from tests.faults.intakes import Intake, until
from tests.faults.ledger import event_of
from tests.faults.verifying import _kept as kept
from tests.faults.verifying import tell, verify
from tests.free_ports import free_ports
from tests.intake.spool import worlds
from tests.intake.spool.power import Disk
from tests.intake.spool.worlds import FallibleProducer, Sent, durable, record
from tests.servers.kafka import KafkaServer

_CUTS = 25
_REQUESTS = 40
_SENDS = ("write", "writev", "sendto", "sendmsg")


@pytest.mark.slow
def test_power__cut_at_random__each_promise_is_on_the_disk_or_in_the_log(tmp_path: Path) -> None:
    seed = time.time_ns() % 1_000_000
    random = Random(seed)  # noqa: S311  # repeatable on purpose
    folder, inner = tmp_path / "spool", FallibleProducer()
    disk = Disk(folder)
    number, spooled, missing, doubled = 0, 0, set[str](), 0
    with disk.watched():
        producer = durable(folder, inner)
        sent: list[tuple[str, Sent]] = []
        for turn in range(_CUTS):
            inner.is_away = random.random() < 0.6
            for _ in range(random.randint(1, 60)):
                sent.append((str(number), Sent(producer, record(f"{number} " + "x" * random.randint(0, 3_000)))))
                number += 1
            time.sleep(random.uniform(0, 0.25))
            promised = {value for value, one in sent if one.is_settled and one.words()[0] in {"log", "spool"}}
            copy = tmp_path / f"cut-{turn}"
            disk.cut(copy, random)
            in_log = [value.split(" ")[0] for value in inner.values()]
            on_disk = [value.split(" ")[0] for value in worlds.drained(copy, batch_records=100)]
            spooled = max(spooled, len(set(on_disk) & promised))
            missing |= promised - set(in_log) - set(on_disk)
            doubled += len(set(in_log) & set(on_disk))
        producer.close()

    tell(f"F17, seed {seed}: {_CUTS} power cuts, {number} promised; lost {len(missing)}; {doubled} in both places")
    assert missing == set()
    assert spooled > 10


@pytest.mark.faults
def test_answer__of_a_spooled_event__is_sent_after_the_sync(small_stack: Stack) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is missing; test_power__cut_at_random__each_promise_is_on_the_disk_or_in_the_log goes without")
    nobody = f"kafka://127.0.0.1:{free_ports()}"
    intake = small_stack.prepared(environment={"EVENT_LOG_URL": nobody, "INTAKE_ACK_TIMEOUT_SECONDS": "1"})
    trace = small_stack.folder / "trace"
    calls = ",".join(("pwrite64", "fdatasync", *_SENDS))
    intake._command = ("strace", "-f", "-y", "-s", "20", "-e", f"trace={calls}", "-o", str(trace), *intake._command)
    intake.start()
    for number in range(_REQUESTS):
        event = event_of("power", "key", number).as_json(small_stack.stream)
        assert httpx.post(f"{intake.url}/v1/events", json=event, timeout=30, trust_env=False).status_code == 202
    for pid in intake.workers():
        os.kill(pid, signal.SIGTERM)  # told itself, strace would only let go of it
    intake.wait()

    steps = list(_steps(trace.read_text(errors="replace").splitlines()))
    answers = [number for number, step in enumerate(steps) if step == "answer"]
    tell(f"F17: {len(answers)} answers 202, each behind the sync of what it promises")
    assert len(answers) == _REQUESTS
    before = 0
    for answer in answers:
        assert steps[before:answer][-2:] == ["written", "synced"], steps[before : answer + 1]
        before = answer + 1


def _steps(lines: Iterable[str]) -> Iterable[str]:
    """What a trace says of segments and answers, in its order; a sync counts when it has ended."""
    syncing = set[str]()
    for line in lines:
        process, _, call = line.partition(" ")
        if re.search(r"\bpwrite64\(\d+<[^>]*\.spool>", call):
            yield "written"
        elif re.search(r"\bfdatasync\(\d+<[^>]*\.spool>", call):
            if "unfinished" in call:
                syncing.add(process)
            elif call.endswith("= 0"):
                yield "synced"
        elif "fdatasync resumed" in call and process in syncing:
            syncing.discard(process)
            yield "synced"
        elif "HTTP/1.1 202" in call:
            yield "answer"


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_folder_copied_at_random__each_promise_is_in_the_copy_or_in_kafka(stack: Stack, kafka_server: KafkaServer) -> None:
    intake = stack.intake(workers=2, environment={"INTAKE_ACK_TIMEOUT_SECONDS": "1"})
    missing: list[int] = []
    with stack.load().running() as clients:
        until(lambda: len(clients.exchanges) > 30, 20, "answers")
        kafka_server.kill()
        until(lambda: clients.statuses()[202] > 10, 20, "spooled events")
        for _ in range(10):
            promised = {one.id for one in stack.ledger if one.status == 202}  # Kafka can have none of them
            missing.append(len(promised - copied_ids(stack, intake)))
            time.sleep(0.5)
        kafka_server.start()
        while not intake.is_settled():
            promised = {one.id for one in stack.ledger if one.outcome == "ok"}
            copy = copied_ids(stack, intake)
            missing.append(len(promised - copy - {one.event.id for one in kept(stack.log, stack.stream)}))
    until(intake.is_settled, 30, "an empty spool")

    report = verify("F17, folder copied", stack.ledger, stack.log, stack.stream)
    report.check()
    tell(f"F17: {len(missing)} copies, promised and in none {sum(missing)}")
    assert not any(missing)


def copied_ids(stack: Stack, intake: Intake) -> set[str]:
    """The events in a copy of the spool as it is now, booted on its own."""
    spool, copy = Path(intake.environment["VAR_DIR"]) / "spool", Path(tempfile.mkdtemp(dir=stack.folder))
    for path in (spool / "position", *sorted(spool.glob("*.spool"))):
        with contextlib.suppress(FileNotFoundError):  # sent meanwhile
            shutil.copy(path, copy)
    return {orjson.loads(value)["meta"]["id"] for value in worlds.drained(copy, batch_records=500)}
