"""F6's and F16's configuration part: a killed database, and a storm of changes with bad ones among them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from eventplatform import env
from eventplatform.embedded.postgres import Postgres
from streamconfig.configuration.document import DocumentInvalidError
from streamconfig.models import Revision
from tests import configuring
from tests.streamconfig.following import Told, ask, eventually, followers, second_process

pytestmark = [pytest.mark.slow]

_CHANGES = 15
_PACE_SECONDS = 1.2  # 50 a minute


def turn(number: int) -> dict[str, Any]:
    """Each revision switches one of two streams on and the other off."""
    is_left = number % 2 == 0
    plain = {"schema_title": "x", "destination_event_service": "main"}
    return {"streams": {"left": {**plain, "is_enabled": is_left}, "right": {**plain, "is_enabled": not is_left}}}


@pytest.mark.django_db(transaction=True)
def test_storm__of_50_changes_a_minute__each_seen_within_two_seconds_and_no_event_judged_by_half(
    child_environment: dict[str, str], client: Client
) -> None:
    extra = {f"extra.{number}": {"schema_title": "x"} for number in range(_CHANGES)}
    configuring.configure({"streams": {**turn(0)["streams"], **extra}})
    published: dict[int, float] = {}
    polled: list[float] = []
    with followers(child_environment, "judge", "judge", "follow") as found:
        for number in range(1, _CHANGES + 1):
            begin = time.monotonic()
            with pytest.raises(DocumentInvalidError):
                configuring.configure({"streams": {"left": {"sample": {"rate": 7}}}})
            made = configuring.publish(_turned_and_deleted(number))
            assert made is not None
            published[made.revision] = time.time()
            polled.append(_seconds_until(client, number))
            time.sleep(max(0.0, _PACE_SECONDS - (time.monotonic() - begin)))
        for one in found:
            one.first(lambda told: told["revision"] == _CHANGES + 1)
        told = [list(one.told) for one in found]

    delays = [_seen(lines, revision) - at for lines in told for revision, at in published.items()]
    assert Revision.objects.count() == _CHANGES + 1  # nothing bad got in
    assert max(delays) < 2
    assert max(polled) < 2
    judges = [lines[-1] for lines in told[:2]]
    assert all(one["judged"] > 1000 for one in judges)
    assert {one["half"] for one in judges} == {0}
    print(f"slowest process {max(delays):.3f} s, slowest poll {max(polled):.3f} s")  # noqa: T201  # for those who measure


def _turned_and_deleted(number: int) -> Any:
    """The switch of two, and a stream that goes."""
    from streamconfig import services

    turned = services.with_document(turn(number))
    return lambda before: turned(before.without([f"extra.{number - 1}"]))


def _seconds_until(client: Client, number: int) -> float:
    """How long a client polls until the API says what was published."""
    begin, stopped = time.monotonic(), "right" if number % 2 == 0 else "left"
    while True:
        streams = client.get("/w/api.php?action=streamconfigs").json()["streams"]
        if (streams[stopped].get("sample") or {}).get("rate") == 0 and f"extra.{number - 1}" not in streams:
            return time.monotonic() - begin
        time.sleep(0.05)


def _seen(lines: list[Told], revision: int) -> float:
    """When a process first had it, or a newer one: who is held up for a second may pass over one that is past already."""
    return float(next(line["at"] for line in lines if line["revision"] >= revision))


@pytest.fixture
def environment(own_postgres: Postgres) -> dict[str, str]:
    """A database of the test's own, to be killed."""
    own_postgres.start()
    own_postgres.ensure_database("eventplatform")
    url = own_postgres.url("eventplatform")
    made = env.child({"DATABASE_URL": url, "EVENT_LOG_URL": "memory://", "VAR_DIR": str(own_postgres.var)})
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=settings.BASE_DIR, env=made, check=True)
    return made


def _wait(process: subprocess.Popen[str], condition: Callable[[Told], bool], seconds: float) -> None:
    eventually(lambda: bool(condition(ask(process, "state"))), seconds)


def test_database_killed__last_good_configuration_serves_says_so_and_goes_on_by_itself(
    own_postgres: Postgres, environment: dict[str, str]
) -> None:
    with ExitStack() as stack:
        intake, web = (stack.enter_context(second_process(environment, part)) for part in ("obey", "ask"))
        assert ask(intake, "0.5")["rates"] == {"s": 0.5}
        assert ask(web, "state")["rates"] == {"s": 0.5}
        assert ask(web, "api")["status"] == 200

        own_postgres.kill()

        for process in (intake, web):
            _wait(process, lambda state: state["age"] > 6, seconds=30)
            state = ask(process, "state")
            assert (state["rates"], state["door"], state["revision"]) == ({"s": 0.5}, "judged", 1)
        answer = ask(web, "api")
        assert answer["status"] == 200
        assert int(answer["headers"]["x-config-age"]) >= 6
        assert "Stale" in answer["headers"]["warning"]

        own_postgres.start()

        for process in (intake, web):
            _wait(process, lambda state: state["age"] < 1.5, seconds=15)
        ask(intake, "0.25")
        for process in (intake, web):
            _wait(process, lambda state: state["rates"] == {"s": 0.25}, seconds=2)
        assert "warning" not in ask(web, "api")["headers"]


def test_database_killed__a_window_still_closes_at_its_moment(own_postgres: Postgres, environment: dict[str, str]) -> None:
    with second_process(environment, "obey") as process:
        closes = datetime.now(UTC) + timedelta(seconds=15)
        assert ask(process, f"0.5 {closes.isoformat()}")["rates"] == {"s": 0.5}

        own_postgres.kill()

        _wait(process, lambda state: state["rates"] == {"s": 0}, seconds=40)
        assert 0 <= (datetime.now(UTC) - closes).total_seconds() < 0.5
