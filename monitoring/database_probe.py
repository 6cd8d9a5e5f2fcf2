"""Asks the database for a sign of life on a connection of its own, and doesn't wait long for it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError
from typing import Any

import psycopg
from django.db import connection

_CONNECT_SECONDS = 2  # libpq's smallest
_DEADLINE_SECONDS = 2.5
_OPTIONS = "-c statement_timeout=2000"
# What hangs holds a thread for _CONNECT_SECONDS; probes that find none free are told "no answer", which is the truth.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="database-probe")


def trouble(parameters: Mapping[str, Any]) -> str:
    """Why the database can't be used, within three seconds; empty where it can. `parameters` are libpq's."""
    future = _threads.submit(_ask, {name: value for name, value in parameters.items() if value})
    try:
        future.result(timeout=_DEADLINE_SECONDS)
    except TooLateError:
        future.cancel()
        return "does not answer in time"
    except psycopg.errors.ConnectionTimeout:
        return "does not answer in time"
    except psycopg.Error as error:
        return f"does not answer ({type(error).__name__})"
    return ""


def trouble_of_ours() -> str:
    """The same of the platform's own database, asked apart from Django's connection, which waits for one that hangs."""
    configured = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return trouble({**configured["OPTIONS"], **{name: configured[key] for name, key in names.items()}})


def _ask(parameters: Mapping[str, Any]) -> None:
    limits = {"connect_timeout": _CONNECT_SECONDS, "options": f"{parameters.get('options', '')} {_OPTIONS}".strip()}
    with psycopg.connect(**{**parameters, **limits}, autocommit=True) as connection:
        connection.execute("SELECT 1")
