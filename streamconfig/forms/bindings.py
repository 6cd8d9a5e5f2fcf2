"""Fields of a form that stand for places in an item: what each shows, what it writes, and the tail that no field stands for.

What a person doesn't touch stays to the letter and in its order, whether the form has a field for it or not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from streamconfig.forms.codecs import ABSENT, TEXT, Codec

Path = tuple[str, ...]
Item = Mapping[str, Any]


class Binding(Protocol):
    """One or more fields that stand for one or more places."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The form's fields; a problem at `paths` is told at the first."""
        ...

    @property
    def paths(self) -> tuple[Path, ...]:
        """The places in an item."""
        ...

    def read(self, item: Item) -> dict[str, Any]:
        """What the fields show of an item."""
        ...

    def claim(self, item: dict[str, Any]) -> None:
        """Take out of an item what the fields show."""
        ...

    def write(self, values: Mapping[str, Any], item: dict[str, Any], base: Item) -> None:
        """Put what the fields say into an item; what `base` says alike is kept as it is written there."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """One field for one place."""

    field: str
    keys: Path
    codec: Codec = TEXT

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.keys,)

    def read(self, item: Item) -> dict[str, Any]:
        value = at(item, self.keys)
        return {self.field: self.codec.shown(value) if self._fits(value) else self.codec.empty}

    def claim(self, item: dict[str, Any]) -> None:
        if self._fits(at(item, self.keys)):
            remove(item, self.keys)

    def write(self, values: Mapping[str, Any], item: dict[str, Any], base: Item) -> None:
        was, kept = at(base, self.keys), self.codec.kept(values.get(self.field))
        if self._fits(was) and self.codec.kept(self.codec.shown(was)) == kept:
            kept = was
        if kept is not ABSENT:
            put(item, self.keys, kept)

    def _fits(self, value: Any) -> bool:
        return value is not ABSENT and self.codec.fits(value)


def values_of(item: Item, bindings: Iterable[Binding]) -> dict[str, Any]:
    """All that the fields show of an item."""
    return {name: value for binding in bindings for name, value in binding.read(item).items()}


def tail_of(item: Item, bindings: Iterable[Binding]) -> dict[str, Any]:
    """What no field stands for."""
    tail = copy.deepcopy(dict(item))
    for binding in bindings:
        binding.claim(tail)
    return tail


def tail_problems(tail: Item, bindings: Iterable[Binding]) -> list[str]:
    """Keys of a tail that a field stands for, so that two would say what holds."""
    found = []
    for binding in bindings:
        left = copy.deepcopy(dict(tail))
        binding.claim(left)
        found += [".".join(path) for path in binding.paths if at(tail, path) is not ABSENT and at(left, path) is ABSENT]
    return found


def written(base: Item, values: Mapping[str, Any], bindings: Iterable[Binding], tail: Item) -> dict[str, Any]:
    """The item that a form means."""
    item = copy.deepcopy(dict(tail))
    for binding in bindings:
        binding.write(values, item, base)
    return _ordered(item, base)


def at(item: Any, path: Path) -> Any:
    """The value at a path; ABSENT where there is none."""
    for key in path:
        if not isinstance(item, Mapping) or key not in item:
            return ABSENT
        item = item[key]
    return item


def put(item: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value, with the maps above it."""
    for key in path[:-1]:
        if not isinstance(item.get(key), dict):
            item[key] = {}
        item = item[key]
    item[path[-1]] = value


def remove(item: dict[str, Any], path: Path) -> None:
    """Take a value out, and the maps above it that hold nothing else."""
    head, *rest = path
    if rest:
        remove(item[head], tuple(rest))
        if item[head]:
            return
    del item[head]


def _ordered(item: dict[str, Any], base: Item) -> dict[str, Any]:
    """Keys as the base has them, new ones behind."""
    names = dict.fromkeys([*(name for name in base if name in item), *item])
    return {name: _ordered(item[name], base[name]) if _are_maps(item, base, name) else item[name] for name in names}


def _are_maps(item: Item, base: Item, name: str) -> bool:
    return isinstance(item[name], dict) and isinstance(base.get(name), Mapping)
