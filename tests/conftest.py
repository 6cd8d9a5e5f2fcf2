"""Servers for tests: an embedded Postgres and Redis in a short private folder, started when a test first needs one."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations

from eventplatform import env
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.redis import Redis
from tests import emptying

# Heavy servers, started by the tests that want them.
pytest_plugins = ["tests.servers.kafka", "tests.servers.s3", "tests.servers.stores"]

# Short, since a unix socket's path is; of its own per run, so that runs side by side don't meet.
VAR = Path(tempfile.mkdtemp(prefix="ep-"))
GIVEN_DATABASE_URL = env.text("DATABASE_URL")


def pytest_configure() -> None:
    """Point the settings, and every child process, away from the developer's own `var/`."""
    os.environ["VAR_DIR"] = str(VAR)
    settings.VAR_DIR = VAR
    settings.EVENT_LOG_URL = "memory://"
    # Made to be slow in production; a test's accounts guard nothing. Child processes hash as ever.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.REDIS_URL = Redis(VAR).url
    settings.CELERY_BROKER_URL = settings.REDIS_URL.replace("unix://", "redis+socket://")
    if not GIVEN_DATABASE_URL:
        settings.DATABASE_URL = Postgres(VAR).url("eventplatform")
        settings.DATABASES["default"]["HOST"] = str(Postgres(VAR).sockets)
        DatabaseOperations.sql_flush = emptying.sql_flush  # type: ignore[assignment]  # a method, as mypy can't see


def pytest_unconfigure() -> None:
    logging.disable()  # clients whose server has just been stopped complain until the process ends, below the closing line
    shutil.rmtree(VAR, ignore_errors=True)
    shutil.rmtree(Postgres(VAR).sockets, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker for each core, and one more with `-n auto`: slow tests mostly wait. Files that were named run in this process.

    Each worker has servers of its own and takes half a gigabyte, so they stay few.
    """
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return 0
    return min(os.cpu_count() or 1, 8) + int(config.option.numprocesses == "auto")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and thousands of tests stay until the end: looking for rubbish among them would be a quarter of all work."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadgroup`: our own grouping, since pytest 9 hides xdist's marks from its scheduler."""
    from tests.scheduling import Sharing  # without xdist there is nothing to schedule

    return Sharing(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def embedded_postgres() -> Iterator[Postgres]:
    """One server for all tests that only need a database; a crash may lose it."""
    server = Postgres(VAR, ["synchronous_commit=off", "fsync=off", "full_page_writes=off"])
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def embedded_redis() -> Iterator[Redis]:
    server = Redis(VAR)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Start the server before pytest-django makes its database; nothing else ever starts it.

    Each of pytest-xdist's workers has a server of its own; on a given one, each has a database of its own.
    """
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")
    if not GIVEN_DATABASE_URL:
        request.getfixturevalue("embedded_postgres")


@pytest.fixture
def postgres_url(embedded_postgres: Postgres) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    name = f"fresh_{uuid.uuid4().hex[:12]}"
    embedded_postgres.ensure_database(name)
    yield embedded_postgres.url(name)
    embedded_postgres.drop_database(name)


@pytest.fixture
def redis_url(embedded_redis: Redis) -> str:
    return embedded_redis.url


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server of the test's own with full durability, to be killed and started again; not yet started."""
    folder = Path(tempfile.mkdtemp(prefix="ep-"))
    server = Postgres(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def child_environment(transactional_db: None, embedded_redis: Redis) -> dict[str, str]:
    """The environment of a child process that works on this test's database, with the log inside it."""
    database = str(settings.DATABASES["default"]["NAME"])
    url = Postgres(VAR).url(database)
    extra = {"DATABASE_URL": url, "EVENT_LOG_URL": url, "REDIS_URL": embedded_redis.url, "VAR_DIR": str(VAR)}
    return env.child(extra)


@pytest.fixture(scope="session")
def service_missing() -> Callable[[str], NoReturn]:
    """Says that a heavy server can't run here: the test is skipped, or fails where REQUIRE_SERVICES is set."""

    def missing(reason: str) -> NoReturn:
        if env.flag("REQUIRE_SERVICES"):
            pytest.fail(f"REQUIRE_SERVICES is set, but {reason}", pytrace=False)
        pytest.skip(reason)

    return missing
