"""schema-is-secure: what Ajv's meta-schema for untrusted data asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.guidelines.contract import Fault
from registry.schema import secure


def insecurities(document: Any) -> Iterator[Fault]:
    """What could make validation of untrusted events slow."""
    yield from (Fault(*one) for one in secure.insecurities(document))


def own_insecurities(keyword: str, node: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    """What one keyword of a schema leaves unbounded."""
    yield from (Fault(*one) for one in secure.own_insecurities(keyword, node, pointer))
