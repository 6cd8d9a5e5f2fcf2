"""The guidelines for event schemas as rules: what they say, why, and whether a schema or a repository keeps them."""

from registry.guidelines.catalogue import BY_CODE, RULES, rules_of
from registry.guidelines.contract import Finding, Rule, Waived
from registry.guidelines.linting import lint

__all__ = ["BY_CODE", "RULES", "Finding", "Rule", "Waived", "lint", "rules_of"]
