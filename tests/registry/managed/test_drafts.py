from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from registry.guidelines import Waived
from registry.managed import checks as draft_checks
from registry.managed import drafts
from registry.managed import texts as draft_texts
from registry.managed.checks import Examination, Situation
from registry.managed.drafts import Person
from registry.schema.materialise import with_numeric_bounds

ENGINEER = Person(is_known=True, may_draft=True, may_approve=True, has_written=False)
AUTHOR = Person(is_known=True, may_draft=True, may_approve=True, has_written=True)
APPROVER = Person(is_known=True, may_draft=False, may_approve=True, has_written=False)
VIEWER = Person(is_known=True, may_draft=False, may_approve=False, has_written=False)
STRANGER = Person(is_known=False, may_draft=False, may_approve=False, has_written=False)

FIRST = draft_texts.new_title("team/click", "1.0.0")
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("state", "person", "allowed"),
    [
        ("draft", ENGINEER, {"edit", "submit", "withdraw"}),
        ("draft", APPROVER, set()),
        ("in_review", ENGINEER, {"edit", "approve", "return", "withdraw"}),
        ("in_review", AUTHOR, {"edit", "withdraw"}),
        ("in_review", APPROVER, {"approve", "return"}),
        ("in_review", VIEWER, set()),
        ("in_review", STRANGER, set()),
        ("published", ENGINEER, set()),
        ("withdrawn", ENGINEER, set()),
    ],
)
def test_verbs__state_and_person__allow_this_and_say_why_not_the_rest(state: str, person: Person, allowed: set[str]) -> None:
    verbs = drafts.verbs(state, person)

    assert {name for name, verb in verbs.items() if verb.is_allowed} == allowed
    assert all(verb.why_not for name, verb in verbs.items() if name not in allowed)


@pytest.mark.parametrize(
    ("latest", "bump", "due"),
    [("", "major", "1.0.0"), ("1.9.4", "patch", "1.9.5"), ("1.9.4", "minor", "1.10.0"), ("1.9.4", "major", "2.0.0")],
)
def test_version_after__change_of_a_weight__is_the_next_of_that_place(latest: str, bump: str, due: str) -> None:
    assert drafts.version_after(latest, bump) == due


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$id: /a/b/1.0.0\ntitle: a/b\n", "$id: /a/b/2.0.0\ntitle: a/b\n"),
        ("'$id': '/a/b/1.0.0'\n", "'$id': /a/b/2.0.0\n"),
        ("title: a/b\n", "$id: /a/b/2.0.0\ntitle: a/b\n"),
        ("$id: /a/b/1.0.0\nexamples:\n  - $schema: /a/b/1.0.0\n", "$id: /a/b/2.0.0\nexamples:\n  - $schema: /a/b/2.0.0\n"),
        ("x:\n  $id: /c/1.0.0\n$id: /a/b/1.0.0\n", "x:\n  $id: /c/1.0.0\n$id: /a/b/2.0.0\n"),
    ],
)
def test_with_id__any_spelling__is_replaced_and_the_rest_stays(text: str, expected: str) -> None:
    assert draft_texts.with_id(text, "/a/b/2.0.0") == expected


def test_changelog__second_entry__stands_above_the_first() -> None:
    facts: dict[str, Any] = {"title": "a/b", "on": TODAY, "author": "Ada"}
    first = draft_texts.changelog("", version="1.0.0", reason="Begin", changes=[], **facts)

    both = draft_texts.changelog(first, version="1.1.0", reason="More\nto see", changes=["x is new."], **facts)

    assert both.splitlines() == [
        *("# Changes of a/b", "", "## 1.1.0 (2026-11-25)", "", "More to see (Ada)", "", "- x is new.", ""),
        *("## 1.0.0 (2026-11-25)", "", "Begin (Ada)"),
    ]


def examined(text: str, *, waivers: Sequence[Waived] = (), level: str = "BACKWARD", base: str = "1.0.0") -> Examination:
    """A text looked at as the version after FIRST."""
    published = draft_checks.examine(FIRST, situation(()))
    assert published.document
    document: Mapping[str, Any] = with_numeric_bounds(published.document)
    return draft_checks.examine(text, situation(("1.0.0",), document, waivers, level, base))


def situation(
    versions: tuple[str, ...],
    document: Mapping[str, Any] | None = None,
    waivers: Sequence[Waived] = (),
    level: str = "BACKWARD",
    base: str = "",
) -> Situation:
    return Situation(
        title="team/click",
        base=base,
        versions=versions,
        document_of=lambda _version: document or {},
        load=lambda _schema_id: None,
        level=level,
        profile="compatible",
        waivers=waivers,
        owner_of=lambda _title: "",
        today=TODAY,
    )


def next_text(version: str, before: str = "", after: str = "") -> str:
    return draft_texts.with_id(FIRST, f"/team/click/{version}").replace(before, after, 1 if before else 0)


def codes(examination: Examination, level: str = "error") -> set[str]:
    return {remark.code for remark in examination.remarks if remark.level == level}


NARROWER = ("      - stop\n", "")
WIDER = ("      - stop\n", "      - stop\n      - pause\n")


@pytest.mark.parametrize(
    ("version", "change", "errors"),
    [
        ("1.1.0", WIDER, set()),
        ("1.0.1", WIDER, {"draft.version_too_small"}),
        ("1.0.0", WIDER, {"draft.version_not_new"}),
        ("0.9.0", WIDER, {"draft.version_not_new"}),
        ("2.0.0", NARROWER, set()),
    ],
)
def test_examine__version_against_its_changes__errors(version: str, change: tuple[str, str], errors: set[str]) -> None:
    assert codes(examined(next_text(version, *change))) == errors


def test_examine__breaking_change_in_a_minor_version__is_an_error_with_its_place() -> None:
    examination = examined(next_text("1.1.0", *NARROWER))

    broken = [remark for remark in examination.errors if remark.kind == "compatibility"]
    assert broken
    assert "action" in broken[0].pointer
    assert next_text("1.1.0", *NARROWER).splitlines()[broken[0].line - 1].strip() in {"enum:", "action:"}
    assert examination.due == "2.0.0"


@pytest.mark.parametrize(("ends_on", "is_ready"), [(TODAY, True), (date(2026, 11, 24), False)])
def test_examine__waived_break__is_ready_until_the_waiver_ends(ends_on: date, is_ready: bool) -> None:  # noqa: FBT001  # a case
    waiver = Waived("schema-version-compatibility", "team/*", reason="Nobody sent stop", ends_on=ends_on, author="ada")

    examination = examined(next_text("1.1.0", *NARROWER), waivers=[waiver])

    assert examination.is_ready == is_ready
    assert not is_ready or any("Nobody sent stop" in remark.waiver for remark in examination.remarks)


def test_examine__versions_left_out__is_a_warning() -> None:
    assert codes(examined(next_text("1.7.0", *WIDER)), "warning") == {"draft.version_skips"}


def test_examine__nothing_changed_but_the_number__is_a_warning() -> None:
    examination = examined(next_text("1.1.0"))

    assert examination.is_ready


def test_examine__begun_before_the_newest_version__says_so() -> None:
    assert "draft.base_moved" in codes(examined(next_text("1.1.0", *WIDER), base=""))


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: [1\nb: 2", "document.unreadable", 2),
        ("a: 1\na: 2", "document.duplicate_key", 2),
        ("title: x\n$id: /other/1.0.0", "draft.id", 2),
        ("$id: /team/click/1.0", "draft.id", 1),
        ("x" * 300_001, "draft.too_long", 1),
        (FIRST.replace("type: string", "type: strnig", 1), "schema.invalid", 15),
    ],
)
def test_examine__text_that_is_no_schema__one_error_at_its_line(text: str, code: str, line: int) -> None:
    examination = draft_checks.examine(text, situation(()))

    assert [(remark.code, remark.line) for remark in examination.remarks] == [(code, line)]
    assert not examination.is_ready
