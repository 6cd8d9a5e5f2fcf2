"""A small local intake for tests: it judges events by a folder of schemas, and says what came. No platform is needed.

    with EventDoor("schemas/jsonschema") as door:
        send(door.url)
        assert door.good(1)[0]["test"] == "hello"

As a pytest plugin it gives the fixture `event_door`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventclient.testing.errors import DoorError, SchemaFolderError

if TYPE_CHECKING:
    from eventclient.testing.door import Bad, EventDoor

__all__ = ["Bad", "DoorError", "EventDoor", "SchemaFolderError"]


def __getattr__(name: str) -> Any:
    """The validator is loaded by who asks for a door: every run of pytest loads the plugin."""
    if name not in __all__:
        raise AttributeError(name)
    from eventclient.testing import door

    return getattr(door, name)
