"""Positions in a table, over SQLAlchemy (the extra `sqlalchemy`)."""

from __future__ import annotations

import sqlalchemy as sql


class SqlPositions:
    """A row for each consumer; the table is made where it is missing."""

    def __init__(self, engine: sql.Engine, *, table: str = "eventclient_positions") -> None:
        self._engine = engine
        self._table = sql.Table(
            table,
            sql.MetaData(),
            sql.Column("name", sql.String(200), primary_key=True),
            sql.Column("position", sql.Text, nullable=False),
        )
        self._table.create(engine, checkfirst=True)

    def load(self, name: str) -> str:
        with self._engine.connect() as connection:
            row = connection.execute(sql.select(self._table.c.position).where(self._table.c.name == name)).first()
        return str(row[0]) if row else ""

    def save(self, name: str, position: str) -> None:
        with self._engine.begin() as connection:
            changed = connection.execute(self._table.update().where(self._table.c.name == name).values(position=position))
            if not changed.rowcount:
                connection.execute(self._table.insert().values(name=name, position=position))
