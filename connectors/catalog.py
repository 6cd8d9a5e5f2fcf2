"""Which kinds of stores there are: the files of `connectors/sinks/`, and the entry points `eventplatform.sinks`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from types import ModuleType

from connectors import options, sinks
from connectors.sinks.base import Store
from eventplatform.core.errors import FatalError, RejectedError

ENTRY_POINTS = "eventplatform.sinks"
_NO_KINDS = {"base"}


class KindUnknownError(RejectedError):
    """A document or a row names a kind of store that isn't there."""

    code = "connector.kind_unknown"
    message = "There is no kind of store {kind}."
    remedy = "The kinds are: {known}."


class DriverMissingError(FatalError):
    """The kind is there, but the package that speaks to its store is not."""

    code = "connector.driver_missing"
    message = "Stores of kind {kind} need the package {package}, which is not installed."
    remedy = "Install it on every worker: pip install {package}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of store, as forms and docs show it."""

    name: str
    title: str
    summary: str
    guarantee: str
    target_options: tuple[options.Option, ...]
    options: tuple[options.Option, ...]


@cache
def names() -> tuple[str, ...]:
    """The kinds, in alphabetical order; no driver is imported for this."""
    own = {module.name for module in pkgutil.iter_modules(sinks.__path__)} - _NO_KINDS
    return tuple(sorted(own | set(_entry_points())))


@cache
def load(name: str) -> type[Store]:
    """The store of a kind, its driver imported now.

    Raises:
        KindUnknownError: no such kind.
        DriverMissingError: its driver is not installed.
    """
    if name not in names():
        raise KindUnknownError(kind=name, known=", ".join(names()))
    try:
        return _sink_in(_module(name))
    except ModuleNotFoundError as error:
        raise DriverMissingError(kind=name, package=error.name) from error


def describe(name: str) -> Kind:
    """What a kind says of itself."""
    sink = load(name)
    return Kind(
        name, sink.title, sink.summary, sink.guarantee, options.declared(sink.target_type), options.declared(sink.options_type)
    )


def _entry_points() -> dict[str, metadata.EntryPoint]:
    return {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}


def _module(name: str) -> ModuleType:
    point = _entry_points().get(name)
    return importlib.import_module(point.module if point else f"{sinks.__name__}.{name}")


def _sink_in(module: ModuleType) -> type[Store]:
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Store) and member.__module__ == module.__name__
    ]
    if len(found) != 1:
        message = f"{module.__name__} must hold exactly one store, it holds {len(found)}."
        raise TypeError(message)
    return found[0]
