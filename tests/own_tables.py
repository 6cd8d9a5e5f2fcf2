"""The platform's tables for stores that hold no position, in an empty database: what such a store's tests need of Django."""

from __future__ import annotations

import importlib

import psycopg

_MIGRATION = "connectors.migrations.0004_own_positions"


def with_own_tables(url: str) -> str:
    """The same URL, once the tables are there."""
    create: bytes = importlib.import_module(_MIGRATION).CREATE.encode()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(create)
    return url
