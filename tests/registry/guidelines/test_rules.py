"""Each guideline bites on its own bad example, and on nothing in its good one."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings

from registry.guidelines import RULES, Rule, config, evolution, lint, repository, rules_of, samples
from registry.guidelines.listing import Listing
from registry.schema import documents

TODAY = date(2026, 11, 25)


def found_in(rule: Rule, text: str) -> set[str]:
    """The codes that a rule's example gives, by what the rule is about."""
    return {"schema": _in_schema, "repository": _in_files, "evolution": _in_versions, "waiver": _in_waivers}[rule.kind](text)


def _in_schema(text: str) -> set[str]:
    document, raw = samples.changed(text)
    return {finding.code for finding in lint(document, raw=raw, today=TODAY)}


def _in_files(text: str) -> set[str]:
    listing, configuration = samples.repository(text)
    report = repository.check(listing, configuration, today=TODAY)
    return {finding.code for findings in report.files.values() for finding in findings}


def _in_versions(text: str) -> set[str]:
    (old, before), (new, after) = samples.versions(text)
    if old == new:
        return {finding.code for finding in evolution.unchanged(before, after)}
    found = evolution.judge([(old, before)], after)
    return {"EVOLVE-COMPATIBLE" if finding.alias else finding.code for finding in found}


def _in_waivers(text: str) -> set[str]:
    misnamed = "{properties: {pageTitle: {type: string, description: As readers see it.}}}"
    listing, _ = samples.repository(f"page/view/current.yaml: {misnamed}\npage/view/1.0.0.yaml: {misnamed}\n")
    texts = {".jsonschema-tools.yaml": text} if text.startswith("skip") else {".eventschemas.yaml": text}
    configuration = config.read({".eventschemas.yaml": "profile: strict", **texts})
    return {finding.code for finding in repository.check(listing, configuration, today=TODAY).settings}


def test_sample__strict__keeps_every_guideline() -> None:
    assert lint(samples.sample(), today=TODAY) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule__bad_example__finds_its_code_and_none_that_it_does_not_name(rule: Rule) -> None:
    found = found_in(rule, rule.bad)

    assert rule.code in found
    assert {code for code in found if code not in f"{rule.code} {rule.chosen}"} == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule__good_example__finds_nothing(rule: Rule) -> None:
    assert found_in(rule, rule.good) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule__says_all_that_the_page_shows(rule: Rule) -> None:
    texts = (rule.title, rule.section, rule.analytics, rule.production, rule.chosen, rule.why, rule.remedy)

    assert all(texts)
    assert documents.load(rule.good) != documents.load(rule.bad)
    assert rule.code.isupper()


def test_codes__each_means_one_rule() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("number", range(1, 16))
def test_aliases__each_check_of_structure__has_its_rule(number: int) -> None:
    assert len(rules_of(f"S{number}")) == 1


def test_aliases__each_named_rule_of_the_reference__has_its_rule() -> None:
    names = (
        "schema-is-valid",
        "schema-is-secure",
        "schema-snake-case-properties",
        "schema-deterministic-types",
        "schema-required-properties-exist",
        "schema-examples-$schema-matches-schema-$id",
        "schema-examples-are-valid",
        "schema-enforced-numeric-bounds",
        "schema-version-compatibility",
    )

    assert [name for name in names if not rules_of(name)] == []


def test_sample_repositories__strict__keep_every_guideline_but_for_the_time_of_test_events() -> None:
    roots = [settings.BASE_DIR / "examples/schemas" / name / "jsonschema" for name in ("primary", "secondary")]
    listings = [Listing.of_folder(root) for root in roots]
    configuration = config.read({".eventschemas.yaml": "profile: strict"})

    reports = [repository.check(one, configuration, today=TODAY, load=listings[0].document) for one in listings]

    found = {(path, one.code) for report in reports for path, told in report.files.items() for one in told if one.counts}
    assert {(path.rpartition("/")[0], code) for path, code in found} == {("sample/test_event", "EVENT-DT")}


def test_listing__empty__has_no_findings() -> None:
    assert repository.check(Listing({}), config.read({}), today=TODAY).is_clean
