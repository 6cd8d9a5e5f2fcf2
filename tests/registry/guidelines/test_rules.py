"""Each guideline bites on its own bad example, and on nothing in its good one."""

from __future__ import annotations

from datetime import date

import pytest

from registry import documents
from registry.guidelines import RULES, Rule, lint, samples

TODAY = date(2026, 11, 25)
OF_SCHEMAS = [rule for rule in RULES if rule.kind == "schema"]


def _codes(text: str) -> set[str]:
    document, raw = samples.changed(text)
    return {finding.code for finding in lint(document, raw=raw, today=TODAY)}


def test_sample__strict__keeps_every_guideline() -> None:
    assert lint(samples.sample(), today=TODAY) == ()


@pytest.mark.parametrize("rule", OF_SCHEMAS, ids=lambda rule: rule.code)
def test_rule__bad_example__finds_exactly_its_code(rule: Rule) -> None:
    assert _codes(rule.bad) == {rule.code}


@pytest.mark.parametrize("rule", OF_SCHEMAS, ids=lambda rule: rule.code)
def test_rule__good_example__finds_nothing(rule: Rule) -> None:
    assert _codes(rule.good) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule__says_all_that_the_page_shows(rule: Rule) -> None:
    texts = (rule.title, rule.section, rule.analytics, rule.production, rule.chosen, rule.why, rule.remedy)

    assert all(texts)
    assert documents.load(rule.good) != documents.load(rule.bad)
    assert rule.code.isupper()


def test_codes__each_means_one_rule() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
