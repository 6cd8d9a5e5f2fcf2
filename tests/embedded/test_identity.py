"""Root starts Postgres as somebody else, in each way that may be at hand, and changes nothing of the host's users."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from eventplatform.embedded import postgres
from eventplatform.embedded.identity import Identity, candidates
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.server import processes_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity"),
]


@pytest.mark.parametrize("way", ["unshare", "setpriv"])
def test_start__as_root_each_way__works_below_a_private_folder(
    way: str, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = [identity for identity in candidates() if identity.prefix[0].endswith(way)]
    monkeypatch.setattr(postgres, "candidates", lambda: iter(ways))
    users_before = Path("/etc/passwd").read_bytes()
    mode_before = own_postgres.var.parent.stat().st_mode

    own_postgres.start()

    with psycopg.connect(own_postgres.url("postgres")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert own_postgres.data.stat().st_mode & 0o777 == 0o700
    assert own_postgres.var.stat().st_mode & 0o777 == 0o700
    assert own_postgres.var.parent.stat().st_mode == mode_before
    assert Path("/etc/passwd").read_bytes() == users_before


def test_start__other_way_than_last_time__takes_over_the_data(own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    unshare, setpriv = list(candidates())[:2]
    for identity, other in ((setpriv, unshare), (unshare, setpriv)):
        monkeypatch.setattr(postgres, "candidates", lambda pair=(identity, other): iter(pair))

        own_postgres.start()

        assert own_postgres.data.stat().st_uid == identity.owner
        own_postgres.stop()


def test_start__no_way_works__says_so(own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "candidates", lambda: iter([Identity(("/bin/false",), 0)]))

    with pytest.raises(Exception, match="refuses to run as root") as raised:
        own_postgres.start()

    assert "DATABASE_URL" in getattr(raised.value, "hint", "")
    assert processes_in(own_postgres.data) == []
