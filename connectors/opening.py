"""From a connector's row to its sink: options parsed, secrets opened, places beside the platform's own filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from connectors import catalog, options, own_database, secret_files
from connectors.models import Connector, Target
from connectors.sinks.base import Sink, Store, Surroundings
from eventplatform import encryption
from eventplatform.core import masking
from eventplatform.core.errors import FatalError

_EMBEDDED = "embedded:"


class NotASinkError(FatalError):
    """The store reads the log by itself; there is nothing to write into it."""

    code = "connector.not_a_sink"
    message = "{connector} writes nothing: stores of kind {kind} read the event log by themselves."
    remedy = "Nothing to do; its state shows how its own reader is doing."


def make_sink(connector: Connector, *, name: str = "") -> Sink:
    """The connector's sink, not yet open; another `name` gives it positions of its own in the store.

    Raises:
        PlatformError: as `make_store`, or a kind that is no sink.
    """
    store = make_store(connector, name=name)
    if not isinstance(store, Sink):
        raise NotASinkError(connector=connector.name, kind=connector.target.kind)
    return store


def make_store(connector: Connector, *, name: str = "") -> Store:
    """The connector's hand on its store, sink or follower, not yet open.

    Raises:
        PlatformError: an unknown kind, a missing driver, an option that can't be used, a secret without its key.
    """
    target = values_of(connector.target)
    return store_of(connector.target.kind, name=name or connector.name, target=target, values=connector.options)


def values_of(target: Target) -> dict[str, Any]:
    """All options of a target, its secrets open."""
    return {**target.options, **encryption.unseal(target.secrets, owner=f"target {target.name}")}


def parts_of(connector: Connector) -> tuple[Any, Any]:
    """The connector's target, its secrets open, and its options, each as its kind declares it."""
    kind = catalog.load(connector.target.kind)
    target: Any = options.parse(kind.target_type, resolve(kind.target_type, values_of(connector.target)))
    return target, options.parse(kind.options_type, connector.options)


def store_of(kind_name: str, *, name: str, target: Mapping[str, Any], values: Mapping[str, Any]) -> Store:
    """A store of this kind from plain values, saved or not: its target's with secrets open, and the connector's own."""
    kind = catalog.load(kind_name)
    parsed: Any = options.parse(kind.target_type, resolve(kind.target_type, target))
    store = kind(name, parsed, options.parse(kind.options_type, values))
    store.around = surroundings()
    return store


def surroundings() -> Surroundings:
    """What stores may use of this platform."""
    return Surroundings(
        database_url=own_database.conninfo(),
        event_log_url=settings.EVENT_LOG_URL,
        folder=str(settings.VAR_DIR),
        private_hosts=tuple(settings.OUTBOUND_PRIVATE_HOSTS),
    )


def resolve(declared: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with folders absolute, `embedded:` databases at the platform's own server, and `file:` secrets read.

    Raises:
        SecretFileError: a file of a secret can't be used.
    """
    places = {option.name: option.place for option in options.declared(declared)}
    open_values, secrets = options.split_secrets(declared, values)
    opened = secret_files.read(secrets)
    masking.remember(opened.values())
    found = {**open_values, **opened}
    return {name: _resolve(places.get(name, ""), found[name]) for name in values}


def ensure_embedded_database(values: Mapping[str, Any]) -> None:
    """Make the databases that `embedded:` options name, where they don't exist yet."""
    names = [str(v).removeprefix(_EMBEDDED) for v in values.values() if str(v).startswith(_EMBEDDED)]
    for name in names:
        with psycopg.connect(own_database.conninfo(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _resolve(place: str, value: Any) -> Any:
    if place == "folder" and value:
        return str(settings.VAR_DIR / str(value))
    if place == "database" and str(value).startswith(_EMBEDDED):
        return own_database.conninfo(str(value).removeprefix(_EMBEDDED))
    return value
