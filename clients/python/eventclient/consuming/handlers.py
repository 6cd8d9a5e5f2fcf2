"""Which function gets an event: by its stream, as a dictionary or as a typed class, plain or asynchronous."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventclient.consuming.decoding import Event
from eventclient.consuming.errors import ConsumerError, Park

Handler = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A handler and what it wants."""

    handler: Handler
    as_: Callable[[Event], Any] | None
    is_async: bool


def route(handler: Handler, as_: Any = None) -> Route:
    """`as_` is a class with `from_dict` (made by `eventclient types`), or anything that is called with the event."""
    called = getattr(handler, "__call__", handler)  # noqa: B004  # an object may have an asynchronous one
    is_async = inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(called)
    return Route(handler, getattr(as_, "from_dict", as_), is_async)


class Handlers:
    """The routes of a consumer."""

    def __init__(self) -> None:
        self.by_stream: dict[str, Route] = {}
        self.otherwise: Route | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def streams(self) -> tuple[str, ...]:
        """Those that have a handler of their own."""
        return tuple(self.by_stream)

    @property
    def wants_loop(self) -> bool:
        """True where a handler is asynchronous."""
        routes = [*self.by_stream.values(), *([self.otherwise] if self.otherwise else [])]
        return any(one.is_async for one in routes)

    def call(self, stream: str, event: Event) -> None:
        """Handle an event; returns once it is done.

        Raises:
            Park: nobody wants it, or it is not of the wanted class.
            Exception: whatever the handler raises.
        """
        found = self.by_stream.get(stream) or self.otherwise
        if found is None:
            raise Park("No handler is there for its stream.", code="consumer.no_handler")
        given = event if found.as_ is None else typed(found.as_, event)
        if not found.is_async:
            found.handler(given)
        elif self.loop is not None:
            asyncio.run_coroutine_threadsafe(found.handler(given), self.loop).result()
        else:
            raise ConsumerError("A handler is asynchronous.", remedy="Start the consumer with `await consumer.run_async()`.")


def typed(as_: Callable[[Event], Any], event: Event) -> Any:
    """The event as the wanted class.

    Raises:
        Park: it is none.
    """
    try:
        return as_(event)
    except Exception as error:
        # The text of it may hold of the event.
        raise Park(f"The event is none of the wanted class: {type(error).__name__}.", code="consumer.not_typed") from error
