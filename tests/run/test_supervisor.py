"""`python -m eventplatform.run` as a user meets it: started, killed, stopped, started again."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventplatform import env
from eventplatform.embedded import addresses
from eventplatform.run import leftovers
from tests.free_ports import free_ports
from tests.run.start import Start, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def start() -> Iterator[Start]:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        this = Start(Path(folder) / "var", free_ports(3))
        yield this
        if not this.ended():
            this.stop()


def curl_of(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.startswith("curl ")]
    assert len(lines) == 1
    return shlex.split(lines[0])


def test_start__first_and_second__curl_works_and_sigterm_leaves_nothing(start: Start) -> None:
    start.begin()
    start.wait_until_ready()

    answer = subprocess.run(curl_of(start.text()), capture_output=True, text=True, check=True).stdout
    assert answer.startswith("HTTP/1.1 201")
    code, seconds = start.stop()
    assert (code, start.processes()) == (0, [])
    assert seconds < 10

    start.begin(ignore_interrupt=True)
    assert start.wait_until_ready() < 40  # 7 alone; tests run beside this one, on few cores
    passwords = json.loads((start.var / "demo-users.json").read_text())
    assert set(passwords) == {"viewer", "editor", "approver", "engineer", "administrator"}
    assert all(password in start.text() for password in passwords.values())
    assert (start.var / "demo-users.json").stat().st_mode & 0o777 == 0o600
    assert start.stop()[0] == 0
    assert start.processes() == []


def test_start__after_kill_9_of_the_supervisor__cleans_up_and_runs(start: Start) -> None:
    start.begin()
    start.wait_until_ready()
    start.stop(signal.SIGKILL)

    start.begin()
    start.wait_until_ready()

    assert start.stop()[0] == 0
    assert start.processes() == []


def test_start__odd_folder_and_a_proxy__runs_and_hangup_leaves_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start.var = start.var.with_name("a %41&b?#ü c")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    start.begin()
    start.wait_until_ready(50)

    code, _ = start.stop(signal.SIGHUP)

    assert (code, start.processes()) == (0, [])
    assert not addresses.socket_directory(start.var).exists()
    assert not addresses.metrics_directory(start.var).exists()


def test_role__killed__is_started_again_with_a_line(start: Start) -> None:
    start.begin()
    start.wait_until_ready()
    beat = [pid for pid in leftovers.find(start.var) if b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    for pid in beat:
        os.kill(pid, signal.SIGKILL)

    wait_until(lambda: bool(re.search(r"beat ended \(exit -9.*starting it again", start.text())), 10, start.text)
    wait_until(
        lambda: any(b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in leftovers.find(start.var)), 15, start.text
    )
    assert start.stop(signal.SIGINT)[0] == 0


def test_start__port_in_use__one_sentence_before_anything_runs(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", start.port + 1))
        other.listen()

        start.begin()
        wait_until(start.ended, 20, start.text)

    assert start.process is not None
    assert start.process.returncode == 1
    assert re.fullmatch(r"Port \d+, wanted for intake, is in use by process \d+ .*make run PORT=\d+\n", start.text())
    assert not (start.var / "postgres").exists()


def test_start__second_on_the_same_folder__one_sentence(start: Start) -> None:
    start.begin()
    wait_until(lambda: (start.var / "run.lock").exists() and "Event platform" in start.text(), 20, start.text)
    second = Start(start.var, free_ports(3))
    second.output = start.output.with_name("second.txt")

    second.begin()
    wait_until(second.ended, 20, second.text)

    assert second.process is not None
    assert second.process.returncode == 1
    assert re.fullmatch(r"The platform in .* is already run by process \d+\. Stop that process.*\n", second.text())


def test_start__port_is_no_number__one_sentence(start: Start) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "eventplatform.run"],
        cwd=env.ROOT,
        env=env.child({"VAR_DIR": str(start.var), "PORT": "many"}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stdout == "PORT='many' is no whole number.\n"
