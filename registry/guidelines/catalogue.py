"""All guidelines, in the order in which they are read."""

from __future__ import annotations

from registry.guidelines import (
    events,
    evolution_rules,
    field_types,
    maps,
    naming,
    personal,
    safety,
    sample_events,
    structure_rules,
    waiver_rules,
)
from registry.guidelines.contract import Rule

RULES: tuple[Rule, ...] = (
    *safety.RULES,
    *events.RULES,
    *sample_events.RULES,
    *naming.RULES,
    *field_types.RULES,
    *maps.RULES,
    *personal.RULES,
    *evolution_rules.RULES,
    *structure_rules.RULES,
    *waiver_rules.RULES,
)
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}


def rules_of(name: str) -> tuple[Rule, ...]:
    """The rules that a code or an alias means; one alias may stand for several."""
    return tuple(rule for rule in RULES if name and name in {rule.code, rule.alias, *rule.also})
