from __future__ import annotations

from collections.abc import Callable

import pytest

from registry.managed import commits, drafting
from registry.managed.errors import BaseMovedError, DraftChangedError, DraftForbiddenError
from registry.models import Commit, Draft, SchemaVersion
from tests.registry import drafting_builders as build

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def approval(draft: Draft, name: str) -> Callable[[], object]:
    user = build.approver(name)
    return lambda: drafting.approve(draft_id=draft.pk, seen=draft.edit, user=user)


def second_version(field: str) -> Draft:
    draft = drafting.start(repository=build.repository(), title=build.TITLE, user=build.engineer())
    text = build.with_field(draft.text, field)
    drafting.edit(draft_id=draft.pk, text=text, reason="More", seen=0, user=build.engineer())
    return drafting.submit(draft_id=draft.pk, seen=1, user=build.engineer())


def test_approve__two_people_at_once__one_publishes_and_one_is_told() -> None:
    draft = build.submitted()

    failed = build.at_once([approval(draft, name) for name in ("boris", "carla", "dai", "eve")])

    assert sorted(type(error).__name__ for error in failed) == ["DraftForbiddenError"] * 3 + ["NoneType"]
    assert all("published" in str(error) for error in failed if isinstance(error, DraftForbiddenError))
    assert (Commit.objects.count(), SchemaVersion.objects.count()) == (1, 1)


def test_approve__two_drafts_of_one_version_at_once__one_is_published_and_one_is_told() -> None:
    build.published()
    drafts = [second_version(field) for field in ("button", "colour", "shape")]

    failed = build.at_once([approval(draft, "boris") for draft in drafts])

    assert sorted(type(error).__name__ for error in failed) == ["BaseMovedError"] * 2 + ["NoneType"]
    assert any(isinstance(error, BaseMovedError) and "1.1.0" in error.hint for error in failed)
    assert list(Commit.objects.values_list("number", flat=True)) == [1, 2]
    assert Draft.objects.filter(state=Draft.State.IN_REVIEW).count() == 2


def test_approve__drafts_of_different_titles_at_once__all_are_published_one_after_the_other() -> None:
    drafts = [build.submitted(f"team/{name}") for name in ("click", "scroll", "hover")]

    failed = build.at_once([approval(draft, "boris") for draft in drafts])

    assert failed == [None] * 3
    history, files = commits.history_of(build.repository())
    assert history.head == Commit.objects.get(number=3).sha
    assert sum(path.endswith("/1.0.0.yaml") for path in files) == 3


def test_edit__while_it_is_approved__either_the_edit_or_the_publication_is_refused() -> None:
    draft = build.submitted()
    author = build.engineer()

    def change() -> object:
        text = build.with_field(draft.text)
        return drafting.edit(draft_id=draft.pk, text=text, reason="x", seen=draft.edit, user=author)

    failed = build.at_once([approval(draft, "boris"), change])

    draft.refresh_from_db()
    published = SchemaVersion.objects.first()
    assert [error is None for error in failed].count(True) == 1
    assert isinstance(failed[0] or failed[1], DraftForbiddenError | DraftChangedError)
    assert (published is not None) == (draft.state == Draft.State.PUBLISHED) == (failed[0] is None)
    assert published is None or "button" not in published.field_paths


def test_edit__two_at_once__one_text_is_kept_and_the_other_person_told() -> None:
    draft = drafting.start(repository=build.repository(), title=build.TITLE, user=build.engineer())
    people = [build.engineer(name) for name in ("ada", "grace")]

    def change(index: int) -> Callable[[], object]:
        return lambda: drafting.edit(draft_id=draft.pk, text=f"a: {index}", reason="", seen=0, user=people[index])

    failed = build.at_once([change(0), change(1)])

    assert sorted(type(error).__name__ for error in failed) == ["DraftChangedError", "NoneType"]
    assert Draft.objects.get().text == f"a: {failed.index(None)}"
