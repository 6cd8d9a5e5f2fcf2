"""The other roles beside the intake, as production starts them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from eventplatform import env
from eventplatform.run.roles import roles
from tests.faults.intakes import until

_READY_SECONDS = 90


@contextmanager
def running(environment: Mapping[str, str], port: int, folder: Path, *names: str) -> Iterator[None]:
    """These roles run while the block lasts; their words lie in `folder`. The role `web` listens on `port`."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {role.name: role for role in roles(port, folder)}
    started: list[subprocess.Popen[bytes]] = []
    try:
        for name in names:
            child = {**environment, "ROLE": name, "PORT": str(port)}
            with (folder / f"{name}.log").open("ab") as output:
                started.append(subprocess.Popen(known[name].command, cwd=env.ROOT, env=child, stdout=output, stderr=output))
        for name in names:
            if url := known[name].ready_url:
                until(lambda at=url: status_of(at) == httpx.codes.OK, _READY_SECONDS, f"the role {name}")  # type: ignore[misc]  # bound now
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            _wait(process)


def status_of(url: str, *, session: str = "") -> int:
    """The status that `url` answers within five seconds; 0 where there is none. A `session` has to be looked up."""
    cookies = {"cookie": f"{settings.SESSION_COOKIE_NAME}={session}"} if session else {}
    try:
        return httpx.get(url, headers=cookies, timeout=5, trust_env=False).status_code
    except httpx.HTTPError:
        return 0


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
