"""The event log in Postgres tables: the embedded default, so that one command starts everything."""

from __future__ import annotations

from eventplatform.broker.postgres.log import PostgresLog

__all__ = ["PostgresLog"]
