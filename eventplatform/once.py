"""One moment, in which what is asked several times is read once: a page shows a single truth and pays for it once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Found = TypeVar("Found")

_moment: ContextVar[dict[Hashable, Any] | None] = ContextVar("moment", default=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """Within it, every `once` of a key is the first one's answer; a moment within a moment is part of it."""
    if _moment.get() is not None:
        yield
        return
    token = _moment.set({})
    try:
        yield
    finally:
        _moment.reset(token)


def once(key: Hashable, find: Callable[[], Found]) -> Found:
    """What `find` answers, or answered before in this moment; outside of moments always asked."""
    kept = _moment.get()
    if kept is None:
        return find()
    if key not in kept:
        kept[key] = find()
    return kept[key]  # type: ignore[no-any-return]  # what an earlier `find` of this key answered
