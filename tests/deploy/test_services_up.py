"""`make services`: what a missing package, an old log, a taken port and Ctrl-C lead to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.services import up
from eventplatform import env

SERVICES = env.ROOT / "deploy/services"
NAMES = sorted(path.parent.name for path in SERVICES.glob("*/answers.sh"))


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of services with a copy of the verb; a test puts its own server into it."""
    folder = tmp_path / "platform/deploy/services"
    shutil.copytree(SERVICES, folder)
    monkeypatch.setattr(up, "HERE", folder)
    monkeypatch.setattr(up, "DATA", tmp_path / "data")
    monkeypatch.setattr(up, "is_taken", lambda _port: False)
    return folder


def with_run(folder: Path, script: str) -> None:
    (folder / "redis/run.sh").write_text(f"#!/bin/sh\n{script}\n")


@pytest.mark.parametrize("name", NAMES)
def test_ready__server_ended_and_nobody_took_notice__says_so_at_once(name: str, tmp_path: Path) -> None:
    zombie = subprocess.Popen(["true"])
    time.sleep(0.2)  # it has ended, and is not waited for
    words = (name, str(tmp_path), "1", str(zombie.pid), "30")

    ready = subprocess.run([SERVICES / "ready.sh", *words], capture_output=True, text=True, check=False, timeout=15)
    zombie.wait()

    assert ready.returncode == 70
    assert "ended before it was ready" in ready.stderr


def test_check__package_missing_and_log_of_a_former_run__skipped(services: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (up.DATA / "redis").mkdir(parents=True)
    (up.DATA / "redis/server.log").write_text("Ready to accept connections\n")
    with_run(services, "exit 69")

    assert up.check([up.named("redis")]) == 0

    assert "redis: skipped" in capsys.readouterr().out


def test_check__ctrl_c__stops_what_it_started(services: Path, tmp_path: Path) -> None:
    with_run(services, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    verb = subprocess.Popen([sys.executable, services / "up.py", "--check", "redis"], stderr=subprocess.PIPE, text=True)
    child = tmp_path / "child"
    while not child.exists() or not child.read_text().strip():
        time.sleep(0.05)

    verb.send_signal(signal.SIGINT)
    _, said = verb.communicate(timeout=20)

    assert verb.returncode == 130
    assert "Traceback" not in said
    assert not is_running(int(child.read_text()))


def test_keep__a_server_ends_by_itself__says_which_and_ends(services: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_run(services, 'echo "Ready to accept connections" > "$1/server.log"; sleep 1')

    assert up.keep([up.named("redis")]) == 1

    assert "redis ended by itself" in capsys.readouterr().err


def test_main__port_taken__names_it_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["up.py", "redis"])
    monkeypatch.setattr(up, "is_taken", lambda _port: True)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    assert up.main() == 1

    assert "redis (36379)" in capsys.readouterr().err


@pytest.mark.parametrize("beginning", [b"\xfb\xff\xff", b"\xf8\x00\x00", b"\x00\x00\x00"])
def test_cluster_id__any_bytes__22_letters_that_are_no_option(beginning: bytes) -> None:
    made = subprocess.run(
        [SERVICES / "kafka/cluster_id.sh"], input=beginning.ljust(16, b"\xfb"), capture_output=True, check=True
    )

    assert len(made.stdout.strip()) == 22
    assert b"-" not in made.stdout


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
