"""SARIF 2.1.0 (OASIS), which code review tools show beside the lines of a change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from eventschemas.located import Located
from registry.guidelines import BY_CODE

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def write(results: Sequence[Located], looked_at: Sequence[str]) -> str:  # noqa: ARG001  # one signature for all forms
    """The log of one run; waived results carry their suppression, so that a tool can show or hide them."""
    codes = sorted({result.code for result in results})
    driver = {"name": "eventschemas", "rules": [_rule(code) for code in codes]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(one, codes) for one in results]}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    """A rule with the words that GitHub's code scanning asks of each; changes between versions are named by their code."""
    rule = BY_CODE.get(code)
    title = rule.title if rule else code.replace("-", " ").replace("_", " ").capitalize()
    texts = {"shortDescription": {"text": title}, "fullDescription": {"text": rule.why if rule else title}}
    return {"id": code, **texts, "help": {"text": rule.remedy if rule else title}}


def _result(result: Located, codes: Sequence[str]) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(result.path)}, "region": {"startLine": max(result.line, 1)}}
    }
    if result.pointer:
        place["logicalLocations"] = [{"fullyQualifiedName": result.pointer, "kind": "member"}]
    found: dict[str, Any] = {
        "ruleId": result.code,
        "ruleIndex": codes.index(result.code),
        "level": result.level,
        "message": {"text": result.sentence},
        "locations": [place],
    }
    if result.waived:
        found["suppressions"] = [{"kind": "external", "justification": result.waived}]
    return found
