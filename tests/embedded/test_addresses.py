"""Where the embedded servers listen: an address that every reader takes as meant, whatever the folder is called."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from kombu import Connection
from psycopg.conninfo import conninfo_to_dict

from eventplatform.embedded import addresses, folders
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.redis import Redis

NAMES = ["with space", "%41", "a&b=c", "what?", "#1", "Ümläut", "it's", "plain"]


@pytest.mark.parametrize("name", NAMES)
def test_urls__any_name_of_the_folder__every_reader_finds_the_socket(name: str) -> None:
    var = Path("/srv") / name / "var"
    sockets = str(addresses.socket_directory(var))

    url = addresses.redis_url(var)

    assert conninfo_to_dict(addresses.postgres_url(var, "events")) == {"dbname": "events", "host": sockets, "user": "postgres"}
    assert redis.from_url(url).connection_pool.connection_kwargs["path"] == f"{sockets}/redis.sock"


def test_socket_directory__plain_path__lies_in_var_and_others_differ() -> None:
    odd, other = (addresses.socket_directory(Path("/srv") / name) for name in ("a b", "a  b"))

    assert addresses.socket_directory(Path("/srv/events-1.0/var_2")) == Path("/srv/events-1.0/var_2/run")
    assert odd != other


@pytest.fixture
def odd_var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        yield Path(folder) / "a %41&b?#ü'\" c" / "var"


@pytest.mark.slow
def test_start__folder_with_odd_letters__both_servers_answer(odd_var: Path) -> None:
    postgres, redis_server = Postgres(odd_var), Redis(odd_var)
    try:
        postgres.start()
        redis_server.start()

        with psycopg.connect(postgres.url("postgres")) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert redis.from_url(redis_server.url).ping()
        with Connection(redis_server.url.replace("unix://", "redis+socket://")) as celery:
            assert celery.connect()  # raises where nobody listens
    finally:
        redis_server.stop()
        postgres.stop()
        folders.remove_sockets(postgres.sockets)

    assert not postgres.sockets.exists()
