"""Log lines as events: one JSON object a line, `entity.action` as message, ids as fields, no payloads."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

from eventplatform.core.masking import masked

_MAX_TEXT = 2000
_MAX_FIELD = 256  # of a text beside the message: names and reasons, of which some are a client's
_KEY = re.compile(r"\b(epk_[a-z0-9]{4,16})_[A-Za-z0-9_-]{20,}")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

_bound: ContextVar[Mapping[str, object]] = ContextVar("bound", default=MappingProxyType({}))


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Put these fields on every line of this thread or coroutine while the block lasts, those of outer blocks too.

    Empty ones are left out. For what works on one request, task or partition; not for doors that take thousands a second.
    """
    token = _bound.set({**_bound.get(), **{name: value for name, value in fields.items() if value != ""}})
    try:
        yield
    finally:
        _bound.reset(token)


class JsonFormatter(logging.Formatter):
    """Renders a record, and what was given as `extra`, as one line of JSON: newlines and escapes can't forge a line.

    The secret of a producer key is left out wherever it got into, a store's where an error may quote it: names of streams
    would suffer in all other fields from a password such as "test".
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line for `record`."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage()[:_MAX_TEXT],
        }
        own = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        line |= {key: _bounded(value) for key, value in {**_bound.get(), **own}.items() if key not in line}
        if isinstance(why := record.__dict__.get("why"), str):
            line["why"] = _bounded(masked(why))
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return _KEY.sub(r"\1_…", json.dumps(line, default=str, ensure_ascii=True))


def _bounded(value: object) -> object:
    return f"{value[:_MAX_FIELD]}…" if isinstance(value, str) and len(value) > _MAX_FIELD else value
