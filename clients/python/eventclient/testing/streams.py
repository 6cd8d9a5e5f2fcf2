"""Streams as a test gives them to the door: a title, or what the platform's configuration would say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventclient.testing.errors import DoorError


class StreamUnclearError(DoorError):
    """Not a stream as the door takes it."""

    remedy = "Give its schema's title, or a dict with schema_title, and service, sample, heeds, curation, disabled."


@dataclass(frozen=True)
class Stream:
    """What the door judges by, and answers to clients that ask."""

    name: str
    schema_title: str
    service: str = "main"
    sample: Mapping[str, Any] | None = None
    changes: tuple[Mapping[str, Any], ...] = ()
    heeds: tuple[str, ...] = ()
    curation: Mapping[str, Any] = field(default_factory=dict)
    disabled: bool = False

    @classmethod
    def of(cls, name: str, given: str | Mapping[str, Any]) -> Stream:
        """From what a test gives."""
        said = {"schema_title": given} if isinstance(given, str) else dict(given)
        try:
            return cls(name, **said)
        except TypeError:
            raise StreamUnclearError(f"The stream {name} is not clear.") from None
