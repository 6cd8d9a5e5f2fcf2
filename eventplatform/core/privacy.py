"""The one policy on what tells of people: fields that a schema marks with `x-pii`, and usual names where no schema is known.

The intake cleans events with it before they become records; error streams, tail and dead letters clean or mask by it too.
A mark says what a field holds (`x-pii`) and what becomes of it (`x-pii-action`: drop, hash, truncate). Addresses and user
agents are treated at the door, as a stream's or a service's rules say, else as the mark does; all other marks only where the
rules say so (`clears_at_door`), since their action is meant for the time after the retention. Where the rules heed DNT or
Sec-GPC, every marked field is dropped.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eventplatform.core.door_rules import PrivacyRules
from eventplatform.core.pii_marks import Marked, marks_of
from eventplatform.core.pii_names import kind_of_name
from eventplatform.core.pii_values import GONE, MASK, Hashing, family, network, truncated

_MAX_DEPTH = 64
_AT_DOOR = frozenset({"ip", "user_agent"})  # what the network tells of a person, and nobody chose to send
_TAKES: Mapping[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}


@dataclass(frozen=True, slots=True)
class Signals:
    """What a request says of privacy, and when: `DNT: 1`, `Sec-GPC: 1`."""

    received_ms: int
    is_dnt: bool = False
    is_gpc: bool = False


def signals_of(header: Callable[[str], str], received_ms: int) -> Signals:
    """The signals among a request's headers."""
    return Signals(received_ms, is_dnt=header("dnt").strip() == "1", is_gpc=header("sec-gpc").strip() == "1")


def plan(schema: Mapping[str, Any], rules: PrivacyRules, hashing: Hashing) -> Cleaner | None:
    """What cleans events of this self-contained schema; None where there is nothing to clean.

    DNT and Sec-GPC are heeded only where the rules say so. Costs a walk through the schema: keep the answer.
    """
    marked = marks_of(schema)
    if marked is None:
        return None
    cleaner = Cleaner(marked, rules, hashing)
    return cleaner if cleaner.has_work else None


def plan_by_kind(schema: Mapping[str, Any], actions: Mapping[str, str], hashing: Hashing) -> Cleaner | None:
    """What cleans events of this self-contained schema by their marks' kinds alone; None where nothing is to be done.

    `actions`: kind of mark (`*`: all others) to keep, drop, hash, truncate, or as_marked (the mark's own action).
    """
    marked = marks_of(schema)
    if marked is None or not actions:
        return None

    def wanted(leaf: Marked) -> str:
        action = actions.get(leaf.kind) or actions.get("*", "keep")
        return leaf.action if action == "as_marked" else action

    cleaner = Cleaner(marked, PrivacyRules(), hashing, wanted)
    return cleaner if cleaner.has_work else None


class Cleaner:
    """Cleans events of one schema under one set of rules. Safe to share between threads."""

    __slots__ = ("_hashing", "_marked", "_rules", "_wanted", "has_work")

    def __init__(
        self, marked: Marked, rules: PrivacyRules, hashing: Hashing, wanted: Callable[[Marked], str] | None = None
    ) -> None:
        self._rules, self._hashing = rules, hashing
        self._marked = marked
        self._wanted = wanted or (lambda leaf: _action(leaf, rules))
        heeds = bool(rules.heeds_dnt or rules.heeds_gpc)
        self.has_work = heeds or any(self._wanted(leaf) != "keep" for leaf in marked.leaves())

    def clean(self, event: dict[str, Any], *, signals: Signals) -> dict[str, Any]:
        """`event` itself, cleaned in place. A required field that must go is emptied, so that the event keeps its shape."""
        is_dropping = (signals.is_dnt and self._rules.heeds_dnt) or (signals.is_gpc and self._rules.heeds_gpc)

        def becomes(leaf: Marked, value: Any) -> Any:
            done = GONE if is_dropping else self._done(leaf, value, signals.received_ms)
            return _emptied(leaf) if done is GONE else done

        _walk(event, self._marked, becomes)
        return event

    def _done(self, leaf: Marked, value: Any, now_ms: int) -> Any:
        action = self._wanted(leaf)
        if action == "keep" or value is None:
            return value
        if action == "truncate":
            return truncated(leaf.kind, value)
        return _hashed(leaf, value, self._hashing, now_ms) if action == "hash" else GONE


def clean_by_name(value: Any, rules: PrivacyRules) -> Any:
    """`value` cleaned in place by the usual names of fields, for events whose schema is unknown or didn't hold.

    Addresses are truncated and user agents reduced unless the rules say keep or drop; cookies, passwords and tokens go.
    """
    address = {"keep": _same, "drop": _gone}.get(rules.ip or "", network)
    agent = {"keep": _same, "drop": _gone}.get(rules.user_agent or "", family)
    _walk_names(value, {"ip": address, "user_agent": agent, "secret": _gone}, _MAX_DEPTH)
    return value


class Mask:
    """Masks for people who may not see personal data: at every field that a schema marks, and at the usual names.

    Costs a walk through the schema: keep it for many events. Safe to share between threads.
    """

    __slots__ = ("_marked",)

    def __init__(self, schema: Mapping[str, Any] | None = None) -> None:
        marked = marks_of(schema) if schema is not None else None
        self._marked = None if marked is None else replace(marked, is_required=False)

    def __call__(self, event: Any) -> Any:
        """A copy of the event with masks."""
        copied = _copied(event, _MAX_DEPTH)
        if self._marked is not None:
            _walk(copied, self._marked, lambda _leaf, _value: MASK)
        _walk_names(copied, dict.fromkeys(("ip", "user_agent", "secret"), _mask), _MAX_DEPTH)
        return copied


def masked(event: Any, schema: Mapping[str, Any] | None = None) -> Any:
    """A copy for people who may not see personal data: a mask at every marked field, and at the usual names."""
    return Mask(schema)(event)


def _action(leaf: Marked, rules: PrivacyRules) -> str:
    if leaf.kind == "ip" and rules.ip is not None:
        return rules.ip
    if leaf.kind == "user_agent" and rules.user_agent is not None:
        return "truncate" if rules.user_agent == "family" else rules.user_agent
    return leaf.action if leaf.kind in _AT_DOOR or rules.clears_at_door else "keep"


def _walk(value: Any, marked: Marked, becomes: Callable[[Marked, Any], Any]) -> None:
    """Go down where marks are, and put what `becomes` answers in the place of each marked value."""
    if isinstance(value, dict):
        for name in list(value) if marked.rest else [name for name in marked.fields if name in value]:
            child = marked.fields.get(name) or marked.rest
            if child is not None:
                _step(value, name, child, becomes)
    elif isinstance(value, list) and marked.items is not None:
        for index in range(len(value) - 1, -1, -1):
            _step(value, index, marked.items, becomes)


def _step(holder: Any, place: Any, child: Marked, becomes: Callable[[Marked, Any], Any]) -> None:
    if not child.kind:
        _walk(holder[place], child, becomes)
        return
    done = becomes(child, holder[place])
    if done is GONE:
        del holder[place]
    else:
        holder[place] = done


def _walk_names(value: Any, becomes: Mapping[str, Callable[[Any], Any]], depth: int) -> None:
    if isinstance(value, list):
        for item in value:
            if depth:
                _walk_names(item, becomes, depth - 1)
    elif isinstance(value, dict):
        for name in list(value):
            kind = kind_of_name(name)
            done = becomes[kind](value[name]) if kind and value[name] is not None else value[name]
            if done is GONE:
                del value[name]
            elif kind:
                value[name] = done
            elif depth:
                _walk_names(done, becomes, depth - 1)


def _hashed(leaf: Marked, value: Any, hashing: Hashing, now_ms: int) -> Any:
    if isinstance(value, str):
        made = hashing.text(value, now_ms)
        return str(uuid.UUID(made)) if leaf.format == "uuid" else made[: leaf.longest]
    if isinstance(value, int | float) and not isinstance(value, bool):
        made_number = hashing.number(value, now_ms)
        return made_number if leaf.largest is None else made_number % (int(leaf.largest) + 1)
    return GONE


def _emptied(leaf: Marked) -> Any:
    return leaf.empty if leaf.is_required else GONE


def _same(value: Any) -> Any:
    return value


def _gone(_value: Any) -> Any:
    return GONE


def _mask(_value: Any) -> Any:
    return MASK


def _copied(value: Any, depth: int) -> Any:
    if not depth:
        return MASK
    if isinstance(value, dict):
        return {name: _copied(inner, depth - 1) for name, inner in value.items()}
    return [_copied(item, depth - 1) for item in value] if isinstance(value, list) else value
