"""Proves before the first batch that a Redis can do all that a batch needs, on keys of the platform's own."""

from __future__ import annotations

from typing import Any

from connectors.sinks.base import Row
from connectors.stores.redis_client import EvictsError, ModuleMissingError, raise_failed, reason
from connectors.stores.redis_script import FAILED, Call, OwnKeys, Script
from connectors.stores.redis_shapes import SHAPES, Wishes
from eventplatform.core.records import Record

_ANY_MS = 1_000_000
_ANY = Row(Record("probe", 0, 0, _ANY_MS, None, b""), {"n": 1})


def ensure_keeps(client: Any) -> None:
    """Refuse a server that may throw away the position.

    Raises:
        EvictsError: it evicts keys without a time to live.
    """
    found = client.info("memory")
    for facts in found.values() if "maxmemory" not in found else (found,):  # a cluster answers for each node
        policy = str(facts.get("maxmemory_policy", ""))
        if facts.get("maxmemory") and policy.startswith("allkeys"):
            raise EvictsError(policy=policy)


def prove(script: Script, client: Any, own: OwnKeys, kind: str) -> None:
    """Write an event into a key of its own, by the commands that batches of this type need, and delete it again.

    Raises:
        ModuleMissingError: the server lacks the module.
        StoreDeniedError: the user lacks a right.
    """
    shape = SHAPES[kind](Wishes(number="/n" if kind == "timeseries" else "", max_len=1, ttl_ms=60_000, retention_ms=_ANY_MS))
    *own_keys, key = own.scratch
    call = Call(own_keys, "probe", b"", b"1", shape.type, [("probe", b"1")])
    for command in (*shape.put(_ANY, _ANY_MS), *shape.tidy(_ANY_MS)):
        call.add(key, command)
    if not shape.is_by_key:
        call.remember(key)
    client.delete(*own.scratch)
    answer = script.run(call)
    client.delete(*own.scratch)
    if answer[0] == FAILED:
        why = reason(answer[2])
        if "unknown redis command" in why.lower():
            raise ModuleMissingError(type=kind, command=", ".join(shape.needs))
        raise_failed([FAILED, 0, answer[2]])
