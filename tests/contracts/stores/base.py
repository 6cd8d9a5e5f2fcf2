"""How the contract suite looks into a store. One module per kind in this folder; a new sink adds its own.

A module holds:

- `make(request, folder) -> Store`: a fresh, empty store: a database, keyspace, bucket … of its own on a server that a fixture
  of `tests/servers/` or `tests/conftest.py` starts (`request.getfixturevalue`), or below `folder`;
- `MARKS`: pytest marks of all its tests; `[pytest.mark.services]` where the server is a heavy one;
- `COMMIT`: where a write becomes durable, as `module:function` or `module:Class.method`: the kill tests end the process right
  before and right after that call.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol

import pytest

from connectors import catalog
from connectors.sinks.base import Follower, Sink


class Store(Protocol):
    """What is behind a sink, seen past it. Must survive pickling: the kill tests use it in child processes."""

    def sink(self, connector: str = "c1") -> Sink:
        """A new hand on the same store, not yet open."""

    def texts(self, stream: str) -> list[str]:
        """The field `test` of every data row, in the order of writing where the store has one; what readers see."""

    def canaries(self) -> list[tuple[str, str]]:
        """Stream and id of every canary marked."""

    # can_expire = False, where it is said: nothing there is the platform's to delete (a webhook's receiver, counters, a log).


def sink_kinds() -> list[Any]:
    """Every sink of the catalog as a parameter with its marks; followers have suites of their own."""
    kinds = [kind for kind in catalog.names() if not issubclass(catalog.load(kind), Follower)]
    return [pytest.param(kind, marks=module(kind).MARKS, id=kind) for kind in kinds]


def module(kind: str) -> Any:
    """The module that knows the kind's store."""
    return importlib.import_module(f"tests.contracts.stores.{kind}")


def make(kind: str, request: pytest.FixtureRequest, folder: Path) -> Store:
    """A fresh store of the kind."""
    made: Store = module(kind).make(request, folder)
    return made
