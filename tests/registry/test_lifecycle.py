"""Deprecations: who says so, what they do to the set of schemas; waivers and their ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from eventplatform.core.errors import RejectedError
from registry import lifecycle, lookups
from registry.models import RegistryState, Repository, SchemaTitle, SchemaVersion, Waiver
from registry.schema.schema_set import SchemaSet

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def title(name: str = "ui/button_click") -> SchemaTitle:
    return SchemaTitle.objects.get(name=name)


def version(schema_id: str = "/ui/button_click/1.0.0") -> SchemaVersion:
    return SchemaVersion.objects.get(schema_id=schema_id)


def said(schemas: SchemaSet, name: str) -> tuple[str, str] | None:
    found = schemas.deprecation(name)
    return (found.level, found.reason) if found else None


def test_deprecate__version__is_served_and_told_for_it_alone(samples: Path) -> None:
    before = lookups.schemas()
    compiled = before.get("/ui/button_click/1.0.0")

    lifecycle.deprecate(version(), author="ann", reason="Misses a field.", replacement="/ui/button_click/1.2.0")

    after = lookups.schemas()
    found = after.deprecation("/ui/button_click/1.0.0")
    assert found is not None
    assert (found.level, found.author, found.replacement) == ("version", "ann", "/ui/button_click/1.2.0")
    assert found.since == timezone.localdate()
    assert after.deprecation("ui/button_click") is None
    assert after.deprecation("/ui/button_click/1.2.0") is None
    assert before.deprecation("/ui/button_click/1.0.0") is None
    assert after.get("/ui/button_click/1.0.0") is compiled


def test_deprecate__title_and_repository__hold_for_all_that_is_in_them(samples: Path) -> None:
    lifecycle.deprecate(Repository.objects.get(name="secondary"), author="ann", reason="Moves.")
    lifecycle.deprecate(title(), author="ann", reason="Nobody needs it.")

    schemas = lookups.schemas()
    assert said(schemas, "ui/button_click") == ("title", "Nobody needs it.")
    assert said(schemas, "/ui/button_click/1.2.0") == ("title", "Nobody needs it.")
    assert said(schemas, "ui/page_load") == ("repository", "Moves.")
    assert said(schemas, "sample/test_event") is None
    assert said(schemas, "not/there") is None


def test_undeprecate__title__leaves_nothing_behind(samples: Path) -> None:
    lifecycle.deprecate(title(), author="ann", reason="Nobody needs it.", replacement="ui/page_load")

    lifecycle.undeprecate(title(), author="bob")

    row = title()
    assert (row.deprecated_since, row.deprecation_reason, row.replacement, row.deprecated_by) == (None, "", "", "")
    assert lookups.schemas().deprecation("ui/button_click") is None


@pytest.mark.parametrize(
    ("reason", "replacement", "days", "code"),
    [
        (" ", "", 0, "lifecycle.reason_missing"),
        ("Old.", "", 1, "lifecycle.date_wrong"),
        ("Old.", "not/there", 0, "lifecycle.replacement_unknown"),
        ("Old.", "ui/button_click", 0, "lifecycle.replacement_unknown"),
        ("Old.", "ui/page_load", 0, "lifecycle.replacement_unknown"),
    ],
)
def test_deprecate__nonsense__refused_and_nothing_changes(
    samples: Path, reason: str, replacement: str, days: int, code: str
) -> None:
    lifecycle.deprecate(title("ui/page_load"), author="ann", reason="Older.")
    revision = RegistryState.objects.get().revision
    day = timezone.localdate() + timedelta(days=days)

    with pytest.raises(RejectedError) as refused:
        lifecycle.deprecate(title(), author="ann", reason=reason, replacement=replacement, since=day)

    assert refused.value.code == code
    assert title().deprecated_since is None
    assert RegistryState.objects.get().revision == revision


def test_waivers__star_and_end__speak_of_what_they_cover() -> None:
    today = timezone.localdate()
    for name in ("a/b", "a/*", "*", "a/c", "b/*"):
        waiver = Waiver(title=name, rule="NAME-SNAKE-CASE", reason="Old names.", ends_on=today)
        lifecycle.save_waiver(waiver, author="ann")
    Waiver.objects.filter(title="a/*").update(ends_on=today - timedelta(days=1))

    found = lifecycle.waivers_of("a/b")

    assert {one.title for one in found} == {"a/b", "a/*", "*"}
    assert {one.author for one in found} == {"ann"}
    assert [row.title for row in Waiver.objects.all() if lifecycle.is_expired(row)] == ["a/*"]


def test_save_waiver__no_reason_or_over_or_no_rule__refused() -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    wrong = {
        "lifecycle.reason_missing": Waiver(title="a/b", rule="X", reason="", ends_on=timezone.localdate()),
        "lifecycle.date_wrong": Waiver(title="a/b", rule="X", reason="Because.", ends_on=yesterday),
        "lifecycle.rule_unknown": Waiver(title="a/b", rule="X", reason="Because.", ends_on=timezone.localdate()),
    }

    for code, waiver in wrong.items():
        with pytest.raises(RejectedError) as refused:
            lifecycle.save_waiver(waiver, author="ann")
        assert refused.value.code == code

    assert not Waiver.objects.exists()


@pytest.mark.parametrize(("field", "said"), [("version", "banana"), ("version", "1.0"), ("pointer", "properties/page")])
def test_save_waiver__version_or_place_that_none_is__refused_at_its_field(field: str, said: str) -> None:
    place = {"title": "a/b", field: said}
    waiver = Waiver(**place, rule="NAME-SNAKE-CASE", reason="Old names.", ends_on=timezone.localdate())

    with pytest.raises(RejectedError) as refused:
        lifecycle.save_waiver(waiver, author="ann")

    assert refused.value.code == "lifecycle.place_unknown"
    assert refused.value.pointer == f"/{field}"
    assert not Waiver.objects.exists()
