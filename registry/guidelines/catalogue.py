"""All guidelines, in the order in which they are read."""

from __future__ import annotations

from registry.guidelines import naming
from registry.guidelines.contract import Rule

RULES: tuple[Rule, ...] = (*naming.RULES,)
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}


def rules_of(name: str) -> tuple[Rule, ...]:
    """The rules that a code or an alias means; one alias may stand for several."""
    return tuple(rule for rule in RULES if name and name in {rule.code, rule.alias})
