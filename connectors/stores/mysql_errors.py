"""What becomes of MySQL's errors: the record's fault or the store's; in words that hold nothing of the record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql

from connectors.sinks.base import RecordRefusedError, StoreUnavailableError
from eventplatform.core.errors import PlatformError

DUPLICATE = 1062
NO_LOADING = {1148, 3948, 4166}  # LOAD DATA LOCAL is not allowed
# The server's own texts quote the value that it refuses; these say as much without it.
_RECORD_AT_FAULT = {
    DUPLICATE: "a unique key has its value already",
    1048: "a column must not be empty",
    1118: "the row is too big",
    1216: "a foreign key has no such row",
    1264: "a value is out of the column's range",
    1265: "a value does not fit the column",
    1292: "a value is not of the column's type",
    1364: "a column without default got no value",
    1366: "a text is not of the column's characters",
    1406: "a value is too long for the column",
    1441: "a time is out of range",
    1452: "a foreign key has no such row",
    1644: "a trigger refused it",
    1690: "a value is out of range",
    3140: "the JSON is not valid for the server",
    3157: "the JSON is nested too deeply for the server",
    3819: "a check constraint is violated",
    4025: "a check constraint is violated",
}
# These say nothing of any record: access, no such database or table, locks, full or read-only disks, too many connections.
_QUOTED = {1021, 1040, 1044, 1045, 1049, 1053, 1114, 1129, 1130, 1142, 1143, 1146, 1153, 1205, 1213, 1227, 1290, 1792, 1836}
_OF_THE_CLIENT = range(2000, 3000)
_ENDS_WITH_PLACE = {DUPLICATE, 1264, 1265, 1366, 1406}  # others, a trigger's above all, may end with the value
_PLACE = re.compile(r"(?:column|key) ['`]([^'`]{1,200})['`](?: at row \d+)?\Z")


@contextmanager
def errors() -> Iterator[None]:
    """Turns PyMySQL's errors into ours; the driver's own text goes no further where it may quote the record."""
    try:
        yield
    except pymysql.MySQLError as error:
        raise classed(error) from None
    except OSError as error:
        raise StoreUnavailableError(reason=f"the connection broke: {type(error).__name__}") from error


def classed(error: pymysql.MySQLError) -> PlatformError:
    """The error in our words."""
    number = number_of(error)
    place = _place(error)
    if is_known_row(error):
        return StoreUnavailableError(reason="another writer put the same rows at the same time")
    if number in _RECORD_AT_FAULT:
        return RecordRefusedError(reason=f"{_RECORD_AT_FAULT[number]} (error {number}" + (f" at {place})" if place else ")"))
    if number in _QUOTED or number in _OF_THE_CLIENT:
        return StoreUnavailableError(reason=str(error.args[-1]).strip().split("\n")[0].rstrip("."))
    return StoreUnavailableError(reason=f"error {number}" if number else "the connection is closed")


def is_known_row(error: pymysql.MySQLError) -> bool:
    """True where the table has a row of these coordinates, or of this key, already: the primary key is ours alone."""
    return number_of(error) == DUPLICATE and _place(error).split(".")[-1] == "PRIMARY"


def number_of(error: pymysql.MySQLError) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _place(error: pymysql.MySQLError) -> str:
    """The column or key that the text names at its end, where no value of the record stands."""
    found = _PLACE.search(str(error.args[-1])) if number_of(error) in _ENDS_WITH_PLACE else None
    return found[1] if found else ""
