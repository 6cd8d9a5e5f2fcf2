from __future__ import annotations

import pytest

from registry import lookups
from registry.managed import commits, drafting
from registry.managed import lookups as draft_lookups
from registry.managed.errors import (
    BaseMovedError,
    DraftChangedError,
    DraftForbiddenError,
    DraftNotReadyError,
    DraftTitleError,
    DraftTitleTakenError,
    DraftTitleWordsError,
    NotManagedError,
    ReasonMissingError,
)
from registry.models import Commit, Draft, Repository, SchemaTitle, SchemaVersion
from tests.registry import drafting_builders as build

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.mark.parametrize("title", ["team/click", "fragment/team/button"])
def test_new_title__text_that_it_begins_with__keeps_every_guideline(samples: object, title: str) -> None:
    draft = drafting.start(repository=build.repository(), title=title, user=build.engineer())

    examination = draft_lookups.examined(draft)

    assert examination.remarks == ()
    assert examination.is_ready


def test_new_title__no_common_fragment_anywhere__writes_out_what_events_carry() -> None:
    draft = drafting.start(repository=build.repository(), title="team/click", user=build.engineer())

    examination = draft_lookups.examined(draft)

    assert {remark.code for remark in examination.remarks} == {"EVENT-FRAGMENT"}
    assert examination.is_ready


def test_new_title__common_fragment_that_lacks_what_events_need__another_is_taken(samples: object) -> None:
    build.published("fragment/team/common")  # its own, and without what events need

    draft = drafting.start(repository=build.repository(), title="team/click", user=build.engineer())

    assert "$ref: /fragment/sample/common/1.0.0" in draft.text
    assert draft_lookups.examined(draft).remarks == ()


def test_new_title__capitals__refused_before_anything_is_written() -> None:
    with pytest.raises(DraftTitleWordsError):
        drafting.start(repository=build.repository(), title="Team/Click", user=build.engineer())

    assert not Draft.objects.exists()


def test_approve__submitted_draft__is_published_with_its_commit() -> None:
    draft = build.submitted()

    version = drafting.approve(draft_id=draft.pk, seen=draft.edit, user=build.approver())

    assert version.schema_id == "/team/click/1.0.0"
    commit = Commit.objects.get()
    assert version.commit == commit.sha == Repository.objects.get().commit
    assert set(commit.files) == {
        "README.md",
        *(
            f"jsonschema/team/click/{name}"
            for name in ("current.yaml", "1.0.0.yaml", "1.0.0", "latest.yaml", "latest", "CHANGELOG.md")
        ),
    }
    assert "Reviewed-by: boris <boris@users.invalid>" in commit.message
    schema = lookups.schemas(is_fresh=True).get("/team/click/1.0.0")
    assert schema is not None
    assert schema.is_valid(schema.examples[0])
    title = SchemaTitle.objects.get()
    assert title.current_text == draft.text
    assert "## 1.0.0" in title.changelog_text


def test_second_version__drafted_from_the_first__is_due_and_listed_first_in_the_changelog() -> None:
    build.published()
    draft = drafting.start(repository=build.repository(), title=build.TITLE, user=build.engineer())
    text = build.with_field(draft.text)
    draft = drafting.edit(draft_id=draft.pk, text=text, reason="More to see", seen=draft.edit, user=build.engineer())

    examination = draft_lookups.examined(draft)
    draft = drafting.submit(draft_id=draft.pk, seen=draft.edit, user=build.engineer())
    version = drafting.approve(draft_id=draft.pk, seen=draft.edit, user=build.approver())

    assert (examination.version, examination.due) == ("1.1.0", "1.1.0")
    assert version.schema_id == "/team/click/1.1.0"
    text = SchemaTitle.objects.get().changelog_text
    assert text.index("## 1.1.0") < text.index("## 1.0.0")
    _, files = commits.history_of(build.repository())
    assert files["jsonschema/team/click/latest"] == {"link": "1.1.0.yaml"}
    assert "jsonschema/team/click/1.0.0.yaml" in files


def test_approve__author__is_refused() -> None:
    draft = build.submitted()

    with pytest.raises(DraftForbiddenError, match="somebody else"):
        drafting.approve(draft_id=draft.pk, seen=draft.edit, user=build.engineer())


def test_approve__somebody_who_edited__is_refused() -> None:
    draft = build.submitted()
    other = build.engineer("grace")
    text = build.with_field(draft.text)
    draft = drafting.edit(draft_id=draft.pk, text=text, reason=draft.reason, seen=draft.edit, user=other)
    draft = drafting.submit(draft_id=draft.pk, seen=draft.edit, user=build.engineer())

    with pytest.raises(DraftForbiddenError, match="somebody else"):
        drafting.approve(draft_id=draft.pk, seen=draft.edit, user=other)


def test_approve__text_changed_after_it_was_seen__is_refused() -> None:
    draft = build.submitted()
    seen = draft.edit
    text = build.with_field(draft.text)
    draft = drafting.edit(draft_id=draft.pk, text=text, reason="More", seen=seen, user=build.engineer())
    drafting.submit(draft_id=draft.pk, seen=draft.edit, user=build.engineer())

    with pytest.raises(DraftChangedError, match="ada changed"):
        drafting.approve(draft_id=draft.pk, seen=seen, user=build.approver())

    assert SchemaVersion.objects.count() == 0


def test_edit__in_review__sends_it_back_to_its_writers() -> None:
    draft = build.submitted()

    text = build.with_field(draft.text)
    draft = drafting.edit(draft_id=draft.pk, text=text, reason="x", seen=draft.edit, user=build.engineer())

    assert draft.state == Draft.State.DRAFT


def test_edit__of_what_somebody_else_changed__is_refused() -> None:
    draft = drafting.start(repository=build.repository(), title="team/click", user=build.engineer())
    drafting.edit(draft_id=draft.pk, text="a: 1", reason="", seen=0, user=build.engineer("grace"))

    with pytest.raises(DraftChangedError, match="grace"):
        drafting.edit(draft_id=draft.pk, text="b: 1", reason="", seen=0, user=build.engineer())

    assert Draft.objects.get().text == "a: 1"


def test_submit__error_in_the_text__is_refused() -> None:
    draft = drafting.start(repository=build.repository(), title="team/click", user=build.engineer())
    text = draft.text.replace("  action:", "  camelCase:")
    draft = drafting.edit(draft_id=draft.pk, text=text, reason="x", seen=0, user=build.engineer())

    with pytest.raises(DraftNotReadyError):
        drafting.submit(draft_id=draft.pk, seen=draft.edit, user=build.engineer())


def test_submit__no_reason__is_refused() -> None:
    draft = drafting.start(repository=build.repository(), title="team/click", user=build.engineer())

    with pytest.raises(ReasonMissingError):
        drafting.submit(draft_id=draft.pk, seen=0, user=build.engineer())


def test_approve__another_version_came_between__is_refused_until_its_changes_are_taken_over() -> None:
    build.published()
    first, second = (drafting.start(repository=build.repository(), title=build.TITLE, user=build.engineer()) for _ in range(2))
    for draft, field in ((first, "button"), (second, "colour")):
        text = build.with_field(draft.text, field)
        drafting.edit(draft_id=draft.pk, text=text, reason="More", seen=0, user=build.engineer())
        drafting.submit(draft_id=draft.pk, seen=1, user=build.engineer())
    drafting.approve(draft_id=first.pk, seen=1, user=build.approver())

    with pytest.raises(BaseMovedError, match=r"1\.1\.0"):
        drafting.approve(draft_id=second.pk, seen=1, user=build.approver())
    second.refresh_from_db()
    codes = {remark.code for remark in draft_lookups.examined(second).errors}
    text = build.with_field(second.text, "button").replace("click/1.1.0", "click/1.2.0")
    drafting.edit(draft_id=second.pk, text=text, reason="More", seen=1, user=build.engineer())
    drafting.take_base(draft_id=second.pk, base="1.1.0", seen=2, user=build.engineer())
    drafting.submit(draft_id=second.pk, seen=3, user=build.engineer())
    version = drafting.approve(draft_id=second.pk, seen=3, user=build.approver())

    assert {"draft.base_moved", "draft.version_not_new"} <= codes
    assert version.schema_id == "/team/click/1.2.0"
    assert set(version.field_paths.splitlines()) >= {"button", "colour"}


def test_send_back__with_a_comment__is_kept_among_the_steps() -> None:
    draft = build.submitted()

    drafting.send_back(draft_id=draft.pk, seen=draft.edit, comment="Say which button", user=build.approver())

    draft.refresh_from_db()
    assert draft.state == Draft.State.DRAFT
    assert [step.kind for step in draft.steps.all()] == ["started", "edited", "submitted", "returned"]
    last = draft.steps.last()
    assert last is not None
    assert (last.user.get_username(), last.comment) == ("boris", "Say which button")


def test_withdraw__then_anything__is_refused() -> None:
    draft = build.submitted()
    drafting.withdraw(draft_id=draft.pk, seen=draft.edit, comment="", user=build.engineer())

    with pytest.raises(DraftForbiddenError, match="withdrawn"):
        drafting.approve(draft_id=draft.pk, seen=draft.edit, user=build.approver())


def test_start__title_of_another_repository__is_refused(samples: object) -> None:
    with pytest.raises(DraftTitleTakenError, match="primary"):
        drafting.start(repository=build.repository(), title="page/change", user=build.engineer())


@pytest.mark.parametrize("title", ["", "../x", "a b", "a/latest", "a/1.0.0", "a/current.yaml", "a" * 200, ".git/hooks", "a//b"])
def test_start__no_title__is_refused(title: str) -> None:
    with pytest.raises(DraftTitleError):
        drafting.start(repository=build.repository(), title=title, user=build.engineer())


def test_start__repository_of_files__is_refused(samples: object) -> None:
    with pytest.raises(NotManagedError):
        drafting.start(repository=Repository.objects.get(name="primary"), title="team/x", user=build.engineer())


def test_start__approver_alone__is_refused() -> None:
    with pytest.raises(DraftForbiddenError):
        drafting.start(repository=build.repository(), title="team/x", user=build.approver())
