"""MySQL's errors in our words, and lines as its statements; without a server."""

from __future__ import annotations

import pymysql
import pytest

from connectors.mapping.delimited import NOTHING, line
from connectors.sinks.base import Position, RecordRefusedError, StoreUnavailableError, WriteBatch
from connectors.sinks.mysql import MySqlSink, Options, Target
from connectors.stores.mysql_errors import classed, errors
from connectors.stores.mysql_statements import inserts, loading
from connectors.stores.table_sink import RowsKnownError
from eventplatform.core.records import TopicPartition

SECRET = "s3cr3t' for key 'x"


@pytest.mark.parametrize(
    ("number", "text", "said"),
    [
        (1062, f"Duplicate entry '{SECRET}' for key 'by_mail'", "a unique key has its value already (error 1062 at by_mail)"),
        (1406, "Data too long for column 'name' at row 1", "a value is too long for the column (error 1406 at name)"),
        (
            1366,
            f"Incorrect string value: '{SECRET}' for column `d`.`t`.`name` at row 3",
            "a text is not of the column's characters",
        ),
        (4025, "CONSTRAINT `s.n` failed for `d`.`s`", "a check constraint is violated (error 4025)"),
        (1644, SECRET, "a trigger refused it (error 1644)"),
        (1644, "no such key 's3cr3t'", "a trigger refused it (error 1644)"),
        (1292, "Truncated incorrect DOUBLE value: 'key 's3cr3t'", "a value is not of the column's type (error 1292)"),
    ],
)
def test_classed__the_records_fault__refused_without_its_content(number: int, text: str, said: str) -> None:
    error = classed(pymysql.err.DataError(number, text))

    assert isinstance(error, RecordRefusedError)
    assert said in str(error)
    assert "s3cr3t" not in str(error)


@pytest.mark.parametrize(
    ("number", "text", "said"),
    [
        (1205, "Lock wait timeout exceeded; try restarting transaction", "Lock wait timeout exceeded"),
        (1213, "Deadlock found when trying to get lock; try restarting transaction", "Deadlock found"),
        (1290, "The MariaDB server is running with the --read-only option so it cannot execute this statement", "--read-only"),
        (1114, "The table 's' is full", "is full"),
        (2013, "Lost connection to MySQL server during query", "Lost connection"),
        (2003, "Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)", "Can't connect"),
        (1064, f"You have an error in your SQL syntax near '{SECRET}'", "error 1064"),
        (1054, "Unknown column 'x' in 'field list'", "error 1054"),
        (1062, "Duplicate entry 't-0-0-1' for key 'PRIMARY'", "another writer"),
        (1062, "Duplicate entry 't-0-0-1' for key 's.PRIMARY'", "another writer"),
    ],
)
def test_classed__the_stores_trouble__tried_again(number: int, text: str, said: str) -> None:
    error = classed(pymysql.err.OperationalError(number, text))

    assert isinstance(error, StoreUnavailableError)
    assert said in str(error)
    assert "s3cr3t" not in str(error)


def test_classed__without_a_number__the_connection_is_closed() -> None:
    assert "connection is closed" in str(classed(pymysql.err.InterfaceError(0, "")))


def test_errors__of_the_network__tried_again_and_ours_pass() -> None:
    with pytest.raises(StoreUnavailableError), errors():
        raise TimeoutError
    with pytest.raises(RowsKnownError), errors():
        raise RowsKnownError


def test_inserts__lines__literals_that_mean_the_same() -> None:
    lines = [line(["a'b", NOTHING, "c\td"]), line(["\\", r"\N", ""])]

    (statement,) = inserts("`t`", ("x", "y", "z"), iter(lines), 4096)

    assert statement == rb"INSERT INTO `t` (`x`, `y`, `z`) VALUES ('a''b',NULL,'c\td'),('\\','\\N','')"


def test_inserts__more_than_a_statement_takes__several() -> None:
    statements = list(inserts("`t`", ("x",), iter(["y" * 300] * 10), 2048))

    assert len(statements) == 4
    assert all(len(one) <= 2048 for one in statements)
    assert sum(one.count(b"(") - 1 for one in statements) == 10


def test_inserts__row_larger_than_a_packet__refused() -> None:
    with pytest.raises(RecordRefusedError) as caught:
        list(inserts("`t`", ("x",), iter(["y" * 5000]), 2048))

    assert "the server takes 2048" in str(caught.value)


def test_loading__columns__named() -> None:
    assert loading("`t`", ("a", "b")).startswith("LOAD DATA LOCAL INFILE 'rows' INTO TABLE `t` CHARACTER SET utf8mb4")
    assert loading("`t`", ("a", "b")).endswith("(`a`, `b`)")


def test_write__rows_of_another_writer_each_time_it_looks__tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(_: object, *_batch: object, is_careful: bool) -> None:
        raise RowsKnownError

    monkeypatch.setattr(MySqlSink, "_write", raising)
    sink = MySqlSink("c", Target("h", "d", "u"), Options())

    with pytest.raises(StoreUnavailableError, match="another writer"):
        sink.write(WriteBatch("s", TopicPartition("t", 0), None, Position(1, "i", "c"), ()))
