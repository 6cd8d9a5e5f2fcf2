"""What an import keeps besides versions, dry runs, and repositories that refuse broken guidelines and promises."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from registry import importing, lifecycle, lookups, services
from registry.models import RegistryState, Repository, SchemaReference, SchemaTitle, SchemaVersion, Waiver
from registry.schema import documents
from registry.schema.repository_files import Found, VersionFile

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

HEAD = "$id: /{id}\n$schema: https://json-schema.org/draft-07/schema#\ntype: object\n"
BAD_NAME = "properties:\n  notSnake:\n    type: string\n"
STRING, BOOLEAN = (f"properties:\n  x:\n    type: {kind}\n" for kind in ("string", "boolean"))
DESCRIBED = """description: Some Page
properties:
  performer:
    type: object
    properties:
      user_id:
        type: integer
        description: WHO did it
"""


def text(schema_id: str, more: str = "") -> str:
    return HEAD.format(id=schema_id) + more


def found(*schemas: tuple[str, str], **beside: dict[str, str]) -> Found:
    """Files by id and what stands below the head; `currents` and `changelogs` by folder."""
    files = []
    for schema_id, more in schemas:
        content = text(schema_id, more)
        files.append(VersionFile(f"{schema_id}.yaml", schema_id.rpartition("/")[2], False, content, str(hash(content))))
    return Found(tuple(files), (), **beside)


def repository(**values: Any) -> Repository:
    return Repository.objects.create(name="mine", **values)


def refusing(**values: Any) -> Repository:
    return repository(enforcement="refuse", **values)


def codes(report: services.ImportReport) -> list[str]:
    return [problem.code for problem in report.problems]


def test_import__files_beside_versions__kept_with_commit_and_revision() -> None:
    mine = repository()
    given = found(("a/b/1.0.0", ""), currents={"a/b": "current"}, changelogs={"a/b": "# 1.0.0"})

    report = services.import_found(repository=mine, found=given, commit="c" * 40)

    row = SchemaVersion.objects.get()
    title = SchemaTitle.objects.get()
    assert (row.number, row.commit, row.revision) == (1, "c" * 40, report.revision)
    assert (title.current_text, title.changelog_text) == ("current", "# 1.0.0")
    assert Repository.objects.get().commit == "c" * 40


def test_import__only_the_changelog_changed__kept_as_a_revision_of_its_own() -> None:
    mine = repository()
    first = services.import_found(repository=mine, found=found(("a/b/1.0.0", ""), changelogs={"a/b": "old"}))

    second = services.import_found(repository=mine, found=found(("a/b/1.0.0", ""), changelogs={"a/b": "new"}))
    third = services.import_found(repository=mine, found=found(("a/b/1.0.0", ""), changelogs={"a/b": "new"}))

    assert SchemaTitle.objects.get().changelog_text == "new"
    assert (second.revision, third.revision) == (first.revision + 1, first.revision + 1)


def test_import__numbers__follow_publication_not_the_version() -> None:
    mine = repository()
    services.import_found(repository=mine, found=found(("a/b/1.10.0", ""), ("a/b/1.9.0", "")))
    services.import_found(repository=mine, found=found(("a/b/1.10.0", ""), ("a/b/1.9.0", ""), ("a/b/1.9.1", "")))

    numbers = dict(SchemaVersion.objects.values_list("schema_id", "number"))
    latest = SchemaTitle.objects.get().latest
    assert numbers == {"/a/b/1.9.0": 1, "/a/b/1.10.0": 2, "/a/b/1.9.1": 3}
    assert latest is not None
    assert latest.schema_id == "/a/b/1.10.0"


def test_import__references__of_the_file_or_of_the_source_it_was_made_from() -> None:
    fragment = ("f/base/1.0.0", "properties:\n  x:\n    type: string\n")
    referring = ("a/raw/1.0.0", "allOf:\n- $ref: /f/base/1.0.0#\nproperties:\n  y:\n    $ref: /f/base/1.0.0#/properties/x\n")
    source = text("a/made/1.1.0", "allOf:\n- $ref: /f/base/1.0.0\n")
    given = found(fragment, referring, ("a/made/1.0.0", ""), ("a/made/1.1.0", ""), currents={"a/made": source})

    assert services.import_found(repository=repository(), found=given).is_ok

    rows = SchemaReference.objects.order_by("version__schema_id").values_list("version__schema_id", "target_id")
    assert list(rows) == [("/a/made/1.1.0", "/f/base/1.0.0"), ("/a/raw/1.0.0", "/f/base/1.0.0")]


def test_import__search_text__speaks_of_the_newest_version() -> None:
    mine = repository()
    services.import_found(repository=mine, found=found(("a/b/1.0.0", DESCRIBED)))
    services.import_found(repository=mine, found=found(("a/b/1.0.0", DESCRIBED), ("a/b/0.9.0", "")))

    words = SchemaTitle.objects.get().search_text

    assert words.startswith("a/b\n")
    assert "some page" in words
    assert "\nperformer.user_id\tinteger who did it" in words


def test_dry_run__good_and_bad__tell_and_leave_nothing() -> None:
    mine = repository()
    services.import_found(repository=mine, found=found(("a/b/1.0.0", "")))
    before = RegistryState.objects.get().revision

    good = services.import_found(repository=mine, found=found(("a/b/1.0.0", ""), ("a/b/1.1.0", "")), is_dry=True)
    bad = services.import_found(repository=mine, found=found(("a/b/1.0.0", "title: x\n")), is_dry=True)

    mine.refresh_from_db()
    assert (good.added, codes(bad)) == (("/a/b/1.1.0",), ["schema.version_changed"])
    assert (RegistryState.objects.get().revision, SchemaVersion.objects.count()) == (before, 1)
    assert (mine.failed_at, mine.problems) == (None, [])
    assert lookups.schemas().get("/a/b/1.1.0") is None


def test_dry_run__repository_only_reports__remarks_are_told_and_refuse_nothing() -> None:
    report = services.import_found(repository=repository(), found=found(("a/b/1.0.0", BAD_NAME)), is_dry=True)

    assert report.is_ok
    assert [(one.code, one.path, one.line) for one in report.remarks] == [("NAME-SNAKE-CASE", "jsonschema/a/b/1.0.0.yaml", 5)]


def test_refusing_repository__broken_guideline__refuses_new_versions_alone() -> None:
    mine = repository()
    services.import_found(repository=mine, found=found(("a/b/1.0.0", BAD_NAME)))
    Repository.objects.update(enforcement="refuse")
    mine.refresh_from_db()

    old = services.import_found(repository=mine, found=found(("a/b/1.0.0", BAD_NAME)))
    new = services.import_found(repository=mine, found=found(("a/b/1.0.0", BAD_NAME), ("a/b/1.0.1", BAD_NAME)))

    assert old.is_ok
    assert [(one.code, one.path, one.line) for one in new.problems] == [("NAME-SNAKE-CASE", "jsonschema/a/b/1.0.1.yaml", 5)]
    assert SchemaVersion.objects.count() == 1


def test_refusing_repository__waived_until_today__publishes() -> None:
    mine, today = refusing(), timezone.localdate()
    waiver = Waiver(title="a/*", rule="NAME-SNAKE-CASE", reason="Old names.", ends_on=today)
    lifecycle.save_waiver(waiver, author="ann")

    assert services.import_found(repository=mine, found=found(("a/b/1.0.0", BAD_NAME))).is_ok

    Waiver.objects.update(ends_on=today - timedelta(days=1))
    assert not services.import_found(repository=mine, found=found(("a/c/1.0.0", BAD_NAME))).is_ok


@pytest.mark.parametrize(
    ("level", "of_title", "earlier", "outcome"),
    [
        ("FULL", "", ("1.0.0",), "refused"),
        ("NONE", "", ("1.0.0",), "published"),
        ("NONE", "FULL", ("1.0.0",), "refused"),
        ("FULL", "NONE", ("1.0.0",), "published"),
        ("FULL", "", ("0.9.0",), "published"),
    ],
)
def test_refusing_repository__type_changed__decided_by_level_and_major(
    level: str, of_title: str, earlier: tuple[str, ...], outcome: str
) -> None:
    mine = refusing(compatibility=level)
    before = [(f"a/b/{version}", STRING) for version in earlier]
    assert services.import_found(repository=mine, found=found(*before)).is_ok
    SchemaTitle.objects.update(compatibility=of_title)

    report = services.import_found(repository=mine, found=found(*before, ("a/b/1.1.0", BOOLEAN)))

    assert ("published" if report.is_ok else "refused") == outcome
    assert all((one.path, one.line) == ("jsonschema/a/b/1.1.0.yaml", 6) for one in report.problems)


def test_refusing_repository__two_new_versions_at_once__the_second_is_held_against_the_first() -> None:
    given = found(("a/b/1.1.0", BOOLEAN), ("a/b/1.0.0", STRING))

    report = services.import_found(repository=refusing(), found=given)

    assert {problem.path for problem in report.problems} == {"jsonschema/a/b/1.1.0.yaml"}


def test_import__progress__is_told_by_stage() -> None:
    told: list[tuple[str, int, int]] = []
    given = found(*((f"a/b/1.{minor}.0", STRING) for minor in range(60)))

    services.import_found(repository=refusing(), found=given, progress=lambda *facts: told.append(facts))

    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["read", "check", "judge", "store"]
    assert ("read", 25, 60) in told


def test_schemas__new_versions__only_they_are_read(django_assert_num_queries: Any) -> None:
    mine = repository()
    services.import_found(repository=mine, found=found(("a/b/1.0.0", "")))
    before = lookups.schemas()
    services.import_found(repository=mine, found=found(("a/b/1.0.0", ""), ("a/b/1.1.0", "title: own/name\n")))

    with django_assert_num_queries(3) as asked:  # the state, the new rows, their documents
        after = lookups.schemas()

    assert "revision" in asked.captured_queries[1]["sql"]
    assert after.source("/a/b/1.0.0") is before.source("/a/b/1.0.0")
    assert after.versions("a/b") == ("1.0.0", "1.1.0")
    assert after.versions("own/name") == ("1.1.0",)
    assert before.versions("a/b") == ("1.0.0",)


def test_schemas__changed_otherwise__documents_are_not_read_again(django_assert_num_queries: Any) -> None:
    mine = repository()
    services.import_found(repository=mine, found=found(("a/b/1.0.0", "")))
    before = lookups.schemas()
    lifecycle.deprecate(mine, author="ann", reason="Moves.")

    with django_assert_num_queries(6) as asked:  # the state twice, three kinds of deprecations, the versions
        after = lookups.schemas()

    assert not any("document_packed" in query["sql"] for query in asked.captured_queries)
    assert after.source("/a/b/1.0.0") is before.source("/a/b/1.0.0")
    assert after.deprecation("a/b") is not None


@pytest.mark.django_db(transaction=True)
def test_import__two_at_once_of_one_repository__both_end_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one prepared before the first one published; what it decides, it decides after that."""
    mine = repository()
    both_prepared = threading.Barrier(2)
    prepare = importing.prepare
    met: set[int] = set()

    def slowly(*arguments: Any) -> importing.Prepared:
        prepared = prepare(*arguments)
        if threading.get_ident() not in met:  # whoever must prepare again, under the lock, waits for nobody
            met.add(threading.get_ident())
            both_prepared.wait(30)
        return prepared

    monkeypatch.setattr(importing, "prepare", slowly)
    reports: list[services.ImportReport] = []

    def work(minor: int) -> None:
        given = found(("a/b/1.0.0", ""), (f"a/b/1.{minor}.0", ""))
        reports.append(services.import_found(repository=mine, found=given))
        connection.close()

    threads = [threading.Thread(target=work, args=(minor,)) for minor in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    numbers = sorted(SchemaVersion.objects.values_list("number", flat=True))
    assert [report.problems for report in reports] == [(), ()]
    assert sorted(len(report.added) for report in reports) == [1, 2]
    assert numbers == [1, 2, 3]
    assert RegistryState.objects.get().revision == 2


def test_current__several_versions__read_once_for_what_they_refer_to(monkeypatch: pytest.MonkeyPatch) -> None:
    current = text("a/b/1.2.0", STRING)
    loaded: list[str] = []
    load = documents.load

    def counted(given: str, **options: Any) -> Any:
        loaded.append(given)
        return load(given, **options)

    monkeypatch.setattr(documents, "load", counted)
    repository = Repository.objects.create(name="real")
    files = found(*((f"a/b/1.{minor}.0", STRING) for minor in range(3)), currents={"a/b": f"# the source\n{current}"})

    assert services.import_found(repository=repository, found=files).is_ok
    assert loaded.count(f"# the source\n{current}") == 1
