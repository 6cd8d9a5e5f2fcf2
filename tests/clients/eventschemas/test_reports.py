"""Each form of report says the same: where, which rule, what to do; waived results never fail a run."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from eventschemas.located import Located
from eventschemas.reports import FORMS

BROKEN = Located(
    "jsonschema/a/1.0.0.yaml", 7, "error", "NAME-SNAKE-CASE", "pageId: no snake_case.", "Write page_id.", "/properties"
)
WAIVED = Located(
    "jsonschema/b/1.0.0.yaml", 3, "error", "DESCRIPTION", "No\x00 description: 100 %.", waived="old, until 2027-01-01"
)
SOFT = Located("jsonschema/b/1.0.0.yaml", 1, "warning", "EXAMPLES", "No example.")
FILES = ["jsonschema/a/1.0.0.yaml", "jsonschema/b/1.0.0.yaml", "jsonschema/c/1.0.0.yaml"]
ALL = [SOFT, WAIVED, BROKEN]


def test_text__results__a_line_each_and_the_counts() -> None:
    lines = FORMS["text"](ALL, FILES).splitlines()

    assert lines[0] == "jsonschema/a/1.0.0.yaml:7: error: pageId: no snake_case. Write page_id. [NAME-SNAKE-CASE]"
    assert "waived (old, until 2027-01-01)" in lines[2]
    assert lines[-1] == "3 files: 1 errors, 1 warnings, 1 waived."


def test_junit__results__a_case_per_file_and_a_failure_per_error() -> None:
    suite = ET.fromstring(FORMS["junit"](ALL, FILES))[0]  # noqa: S314  # our own output

    assert [case.get("name") for case in suite] == FILES
    assert [len(case.findall("failure")) for case in suite] == [1, 0, 0]
    assert suite.get("failures") == "1"
    assert "No\ufffd description" in (suite[1].findtext("system-out") or "")


def test_sarif__results__places_rules_and_suppressions() -> None:
    run = json.loads(FORMS["sarif"](ALL, FILES))["runs"][0]

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["DESCRIPTION", "EXAMPLES", "NAME-SNAKE-CASE"]
    broken = run["results"][2]
    assert broken["locations"][0]["physicalLocation"]["region"] == {"startLine": 7}
    assert run["tool"]["driver"]["rules"][broken["ruleIndex"]]["id"] == broken["ruleId"]
    assert run["results"][1]["suppressions"][0]["justification"] == "old, until 2027-01-01"
    assert "suppressions" not in broken


def test_sarif__rules__say_in_words_what_they_are_about() -> None:
    change = Located("jsonschema/a/1.1.0.yaml", 1, "error", "enum-tightened", "Fewer values.")

    driver = json.loads(FORMS["sarif"]([BROKEN, change], FILES))["runs"][0]["tool"]["driver"]

    guideline, tightened = driver["rules"]
    assert guideline["shortDescription"]["text"] == "Fields are named in snake_case"
    assert guideline["help"]["text"].startswith("Write the name in small letters")
    assert tightened["shortDescription"]["text"] == "Enum tightened"


def test_github__results__escaped_commands() -> None:
    lines = FORMS["github"](ALL, FILES).splitlines()

    assert lines[2].startswith("::error file=jsonschema/a/1.0.0.yaml,line=7,title=NAME-SNAKE-CASE::pageId")
    assert lines[1].startswith("::notice ")
    assert lines[1].endswith("100 %25.")


def test_forms__no_results__still_name_what_was_looked_at() -> None:
    assert FORMS["text"]([], FILES) == "3 files: 0 errors, 0 warnings, 0 waived.\n"
    assert FORMS["junit"]([], FILES).count("<testcase") == 3
    assert json.loads(FORMS["sarif"]([], FILES))["runs"][0]["results"] == []
    assert FORMS["github"]([], FILES) == ""
