from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry.managed import drafting
from registry.models import Draft, Repository, SchemaVersion
from tests.registry import drafting_builders as build

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def client(user: User | None = None) -> Client:
    made = Client()
    if user:
        made.force_login(user)
    return made


def started(title: str = build.TITLE) -> Draft:
    return drafting.start(repository=build.repository(), title=title, user=build.engineer())


def test_list__each_tab__shows_its_drafts() -> None:
    build.published()
    build.submitted("team/scroll")
    started("team/hover")
    shown = {
        name: re.findall(
            r'<td class="main"><a [^>]*>(.*?)</a>', client(build.engineer()).get(f"/schemas/drafts?show={name}").text
        )
        for name in ("open", "mine", "review", "published", "withdrawn")
    }

    assert [title.replace("<wbr>", "") for title in shown["open"]] == ["team/hover", "team/scroll"]
    assert len(shown["mine"]) == 3
    assert shown["review"] == []
    assert len(shown["published"]) == 1
    assert shown["withdrawn"] == []
    assert "scroll" in client(build.approver()).get("/schemas/drafts?show=review").text


def test_new__title__begins_a_draft_of_the_first_version() -> None:
    build.repository()

    answer = client(build.engineer()).post("/schemas/drafts/new", {"title": "team/click", "repository": "team"}, follow=True)

    assert answer.redirect_chain == [(f"/schemas/drafts/{Draft.objects.get().pk}", 302)]
    assert "$id: /team/click/1.0.0" in answer.text


def test_new__published_title__begins_the_next_version_from_the_one_chosen() -> None:
    build.published()
    page = client(build.engineer()).get("/schemas/drafts/new?title=team/click&from=1.0.0")

    client(build.engineer()).post("/schemas/drafts/new", {"title": "team/click", "repository": "team", "from": "1.0.0"})

    assert '<option value="1.0.0" selected>' in page.text
    text = Draft.objects.filter(state="draft").get().text
    assert text.count("/team/click/1.1.0") == 2  # the id and the example's $schema


@pytest.mark.parametrize(
    ("title", "status", "words"), [("page/change", 409, "belongs to the repository primary"), ("no title", 400, "draft.title")]
)
def test_new__title_that_can_not_be_drafted__says_why(samples: object, title: str, status: int, words: str) -> None:
    build.repository()

    answer = client(build.engineer()).post("/schemas/drafts/new", {"title": title, "repository": "team"})

    assert answer.status_code == status
    assert words in answer.text


def test_new__title_of_a_git_repository__leads_there(samples: object) -> None:
    build.repository()

    assert "which the platform doesn&#x27;t own" in client().get("/schemas/drafts/new?title=page/change").text.replace(
        "doesn't", "doesn&#x27;t"
    )


def test_detail__anybody__reads_it_and_who_could_do_what() -> None:
    draft = started()

    page = client().get(f"/schemas/drafts/{draft.pk}").text

    assert "<textarea" not in page
    assert "Sign in first." in page


def test_save_and_submit__text_with_an_error__is_saved_and_not_submitted() -> None:
    draft = started()
    text = draft.text.replace("  action:", "  camelCase:")

    answer = client(build.engineer()).post(
        f"/schemas/drafts/{draft.pk}/submit", {"text": text, "reason": "We count", "edit": draft.edit}
    )

    assert answer.status_code == 409
    assert "Your text is saved." in answer.text
    assert "NAME-SNAKE-CASE" in answer.text
    draft.refresh_from_db()
    assert (draft.state, draft.text) == ("draft", text)


def test_save__somebody_else_was_faster__answers_with_both_texts_and_can_be_saved_then() -> None:
    draft = started()
    mine, theirs = draft.text.replace("What was done", "My words"), draft.text.replace("What was done", "Their words")
    drafting.edit(draft_id=draft.pk, text=theirs, reason="", seen=0, user=build.engineer("grace"))

    answer = client(build.engineer()).post(f"/schemas/drafts/{draft.pk}/save", {"text": mine, "edit": 0})

    assert answer.status_code == 409
    assert "grace changed the draft meanwhile" in answer.text
    assert "My words" in re.findall(r"<textarea.*?</textarea>", answer.text, re.DOTALL)[0]
    assert '<span class="del" data-sign="-">' in answer.text
    assert Draft.objects.get().text == theirs
    seen = re.findall(r'name="edit" value="(\d+)"', answer.text)[0]
    again = client(build.engineer()).post(f"/schemas/drafts/{draft.pk}/save", {"text": mine, "edit": seen})
    assert again.status_code == 302
    assert Draft.objects.get().text == mine


def test_check__text_that_is_not_saved__says_what_is_wrong_at_which_line_and_writes_nothing() -> None:
    draft = started()
    text = draft.text.replace("type: object\n", "type: [object\n", 1)

    answer = client(build.engineer()).post(f"/schemas/drafts/{draft.pk}/check", {"text": text})

    assert answer.status_code == 200
    assert re.search(r'data-line="\d+" data-level="error"', answer.text)
    assert Draft.objects.get().text == draft.text


def test_check__second_version__compares_with_the_first() -> None:
    build.published()
    draft = started()
    text = draft.text.replace("  - dt\n", "", 1)

    answer = client(build.engineer()).post(f"/schemas/drafts/{draft.pk}/check", {"text": text})

    assert "2.0.0" in answer.text
    assert "Breaks" in answer.text
    assert 'hx-swap-oob="true"' in answer.text


def test_check__stranger__is_refused() -> None:
    draft = started()

    assert client().post(f"/schemas/drafts/{draft.pk}/check", {"text": "a: 1"}).status_code == 403


@pytest.mark.parametrize(
    "text", ["", "[", "- a", "a: 1", "$id: 5", "x" * 400_000, "$id: /team/click/9.9.9\n$schema: x", "&a [*a]"]
)
def test_check__any_text__is_answered(text: str) -> None:
    draft = started()

    answer = client(build.engineer()).post(f"/schemas/drafts/{draft.pk}/check", {"text": text})

    assert answer.status_code == 200
    assert 'data-level="error"' in answer.text


def test_approve__on_the_page__leads_to_the_version_which_is_served_at_once() -> None:
    draft = build.submitted()

    answer = client(build.approver()).post(f"/schemas/drafts/{draft.pk}/approve", {"edit": draft.edit})

    assert answer["Location"] == "/schemas/team/click/1.0.0"
    assert client().get("/repositories/team/jsonschema/team/click/latest.yaml").status_code == 200


def test_approve__page_of_an_older_text__is_refused() -> None:
    draft = build.submitted()
    text = build.with_field(draft.text)
    drafting.edit(draft_id=draft.pk, text=text, reason="More", seen=draft.edit, user=build.engineer())
    drafting.submit(draft_id=draft.pk, seen=draft.edit + 1, user=build.engineer())

    answer = client(build.approver()).post(f"/schemas/drafts/{draft.pk}/approve", {"edit": draft.edit})

    assert answer.status_code == 409
    assert not SchemaVersion.objects.exists()


def test_return__without_a_word__is_refused_and_with_one_kept() -> None:
    draft = build.submitted()
    page = f"/schemas/drafts/{draft.pk}/return"

    refused = client(build.approver()).post(page, {"edit": draft.edit})
    client(build.approver()).post(page, {"edit": draft.edit, "comment": "Which button?"})

    assert refused.status_code == 400
    assert "Which button?" in client().get(f"/schemas/drafts/{draft.pk}").text


def test_admin__draft__can_be_seen_and_not_changed(admin_client: Client) -> None:
    draft = build.submitted()

    assert "team/click" in admin_client.get("/admin/registry/draft/").text
    page = admin_client.get(f"/admin/registry/draft/{draft.pk}/change/")
    answer = admin_client.post(f"/admin/registry/draft/{draft.pk}/change/", {"state": "published"})

    assert page.status_code == 200
    assert answer.status_code == 403
    assert Repository.objects.get().commit == ""
