"""The kinds of stores as the catalogue shows them, those without their driver too."""

from __future__ import annotations

from dataclasses import dataclass

from connectors import catalog
from connectors.catalog import DriverMissingError, Kind
from connectors.models import Connector
from connectors.options import Option


@dataclass(frozen=True, slots=True)
class Card:
    """A kind, or why it can't be used here; how many connectors use it."""

    name: str
    kind: Kind | None
    used: int
    missing: str = ""
    remedy: str = ""

    @property
    def parts(self) -> list[tuple[str, tuple[Option, ...]]]:
        """Its options: of the store, shared by connectors, and of the connector."""
        if self.kind is None:
            return []
        return [
            (title, declared)
            for title, declared in (("The store", self.kind.target_options), ("The connector", self.kind.options))
            if declared
        ]


def every() -> list[Card]:
    """All kinds, by name."""
    used: dict[str, int] = {}
    for kind in Connector.objects.values_list("target__kind", flat=True):
        used[kind] = used.get(kind, 0) + 1
    return [_card(name, used.get(name, 0)) for name in catalog.names()]


def _card(name: str, used: int) -> Card:
    try:
        return Card(name, catalog.describe(name), used)
    except DriverMissingError as error:
        return Card(name, None, used, str(error), error.hint)
