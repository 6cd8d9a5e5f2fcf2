"""The oracle itself: the reference's own rules over its own repository say what they are known to say."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.oracles.node import OracleError, reference
from tests.registry import corpus

pytestmark = pytest.mark.slow


def test_oracle__its_own_repository__every_rule_passes_but_the_known_twelve() -> None:
    oracle = reference()
    suites = ["structure", "robustness", "compatibility"]

    folder = f"{corpus.repository()}/jsonschema/"
    verdicts = oracle.ask("repository", folder=folder, suites=suites, options={"shouldGenerateExample": True})

    assert Counter(one["verdict"] for one in verdicts) == {"pass": 1614, "fail": 12}


def test_oracle__documents_without_files__judged_by_the_same_rules() -> None:
    old = {"title": "x", "$id": "/x/1.0.0", "properties": {"Wrong": {"type": "string"}}}
    new = {"title": "x", "$id": "/x/1.1.0", "properties": {"right": {"type": "string"}}}
    documents = [{"title": "x", "version": version, "schema": one} for version, one in (("1.0.0", old), ("1.1.0", new))]

    verdicts = reference().ask("documents", documents=documents, suites=["robustness", "compatibility"])

    failed = {one["message"].split(":")[0] for one in verdicts if one["verdict"] == "fail"}
    assert failed == {"Non snake_case", "Error at path"}


def test_oracle__what_it_refuses__is_an_error_here() -> None:
    with pytest.raises(OracleError):
        reference().ask("materialise", document={"$ref": "/absent/1.0.0"}, folders=["/nowhere"])
