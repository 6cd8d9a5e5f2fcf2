"""Seeded changes to an event that as a rule break its schema: as a client's mistakes do, and as nobody would."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.registry import schema_mutations

Container = dict[str, Any] | list[Any]
ODD_NAMES = ("b-c", "it's", "a.b", "a/b", "a~b", "7", "", "é😀", "two words", "$schema", "back\\slash", "line\nbreak")
ODD_NUMBERS = (0, -1, 1.5, 2**53 + 2, 1e22)
ODD_TEXTS = ("", "x" * 300, "2020-19-39T29:00:00Z", "yesterday", "a b")
ODD_VALUES: tuple[Any, ...] = (None, True, *ODD_NUMBERS, *ODD_TEXTS, [], {}, [[]], {"a": None})


def broken(random: Random, event: dict[str, Any]) -> dict[str, Any]:
    """A copy of `event` with one to five changes."""
    changed = copy.deepcopy(event)
    for _ in range(random.randint(1, 5)):
        change = random.choice((_remove, _add, _replace, _replace, _repeat, _mistype))
        change(random, random.choice(list(_containers(changed))))
    return changed


def _containers(value: Any) -> Iterator[Container]:
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _containers(item)


def _places(container: Container) -> list[Any]:
    return list(container) if isinstance(container, dict) else list(range(len(container)))


def _remove(random: Random, container: Container) -> None:
    places = _places(container)
    if places:
        del container[random.choice(places)]


def _add(random: Random, container: Container) -> None:
    if isinstance(container, dict):
        container[random.choice(ODD_NAMES)] = schema_mutations.value(random)
    else:
        container.append(random.choice(ODD_VALUES))


def _replace(random: Random, container: Container) -> None:
    places = _places(container)
    if places:
        container[random.choice(places)] = copy.deepcopy(random.choice(ODD_VALUES))


def _mistype(random: Random, container: Container) -> None:
    places = [place for place in _places(container) if isinstance(container[place], str | int | float)]
    if places:
        place = random.choice(places)
        value = container[place]
        container[place] = str(value) if not isinstance(value, str) else len(value)


def _repeat(random: Random, container: Container) -> None:
    if isinstance(container, list) and container:
        container.append(copy.deepcopy(random.choice(container)))
