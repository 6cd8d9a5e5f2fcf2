"""Forks and ends of processes: a child sends its own events only, and nobody leaves without flushing."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from eventplatform import env
from tests.clients.python.producing.conftest import Connect
from tests.clients.python.producing.stub import Stub

_PYTHONPATH = str(env.ROOT / "clients" / "python")


def _run(script: str, url: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": _PYTHONPATH, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", script, url]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_exit__three_lines__sent(stub: Stub) -> None:
    script = """
import sys
from eventclient import connect
events = connect(sys.argv[1])
events.submit("test.event", {"test": "hello"})
"""

    ended = _run(script, stub.url.replace("127.0.0.1", "localhost"))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [event["test"] for event in stub.accepted] == ["hello"]


@pytest.mark.slow
@pytest.mark.parametrize("held", ["", "events = "])
def test_exit__client_that_nobody_holds__flushed(stub: Stub, held: str) -> None:
    script = f"""
import sys
from eventclient import connect
def hello():
    {held}connect(sys.argv[1])
    {"events" if held else "connect(sys.argv[1])"}.submit("test.event", {{"test": "hello"}})
hello()
"""

    ended = _run(script, stub.url)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [event["test"] for event in stub.accepted] == ["hello"]


@pytest.mark.slow
def test_exit__nobody_answers__ends_within_its_bound_and_says_so(stub: Stub) -> None:
    script = """
import sys
from eventclient import connect
events = connect("http://127.0.0.1:9", exit_seconds=0.5)
events.submit("test.event", {"test": "hello"})
"""
    started = time.monotonic()

    ended = _run(script, stub.url)

    assert ended.returncode == 0
    assert time.monotonic() - started < 20
    assert "configuration.unread platform=127.0.0.1:9 status=no answer" in ended.stderr
    assert "reason=gave_up" in ended.stderr
    assert "hello" not in ended.stderr


@pytest.mark.slow
def test_import__nothing_of_the_platform__and_no_django(stub: Stub) -> None:
    script = """
import sys
from eventclient import connect
connect(sys.argv[1]).submit("test.event", {"test": "hello"})
import eventclient.aio
print(sorted(name for name in sys.modules if name.split(".")[0] in {"django", "eventplatform", "registry", "confluent_kafka"}))
"""

    assert _run(script, stub.url).stdout == "[]\n"


@pytest.mark.slow
def test_fork__events_waiting__sent_by_the_parent_alone(stub: Stub, connected: Connect) -> None:
    events = connected(linger_seconds=60)
    assert events.wait_until_ready()
    events.submit("test.event", {"n": "parent"})

    child = os.fork()
    if child == 0:
        events.submit("test.event", {"n": "child"})
        is_good = events.flush(10) and events.stats().submitted == 1
        os._exit(0 if is_good else 1)
    _, ended = os.waitpid(child, 0)

    assert ended == 0
    assert events.flush()
    assert sorted(stub.names) == ["child", "parent"]


@pytest.mark.slow
def test_fork__while_others_submit__no_lock_stays_held(stub: Stub, connected: Connect) -> None:
    script = """
import os, sys, threading
from eventclient import connect
events = connect(sys.argv[1], when_full="block", exit_seconds=40)
is_over = threading.Event()
def work():
    while not is_over.is_set():
        events.submit("test.event", {"n": "parent"})
working = threading.Thread(target=work, daemon=True)
working.start()
for number in range(20):
    child = os.fork()
    if child == 0:
        events.submit("test.event", {"n": number})
        os._exit(0 if events.flush(20) else 1)
    assert os.waitpid(child, 0)[1] == 0
is_over.set()
working.join()
"""

    ended = _run(script, stub.url)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert sorted(name for name in stub.names if name != "parent") == list(range(20))
