"""What other apps tell the dashboard: recent changes, waits, repositories, workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from connectors import acts
from connectors import lookups as connectors
from connectors.models import Connector, Minute, Target, Worker
from eventplatform import panels
from registry import lookups as registry
from registry import recent
from registry.models import Repository, SchemaTitle, SchemaVersion

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture
def connector() -> Connector:
    target = Target.objects.create(name="shelf", kind="file")
    return Connector.objects.create(name="to-shelf", target=target, streams=["*"])


def minute(connector: Connector, ago: int, *, now: datetime = NOW, **facts: float) -> None:
    plain = {"arrived": 0, "written": 0, "lag_records": 0, "lag_seconds": 0.0, "set_aside": 0}
    at = now.replace(second=0, microsecond=0) - timedelta(minutes=ago)
    Minute.objects.create(connector=connector, at=at, **{**plain, **facts})


def test_lag_lines__several_minutes_in_a_slot__the_longest_wait_stands(connector: Connector) -> None:
    minute(connector, 30, lag_seconds=7.0)
    minute(connector, 29, lag_seconds=3.0)
    minute(connector, 1, lag_seconds=2.0)
    minute(connector, 61, lag_seconds=99.0)

    lines = connectors.lag_lines(["to-shelf"], NOW - timedelta(hours=1), NOW, timedelta(minutes=15))

    assert lines == {"to-shelf": (0.0, 0.0, 7.0, 2.0)}


def test_written__last_minutes__are_added_up(connector: Connector) -> None:
    now = datetime.now(UTC)  # a minute may end before it is read
    for ago, written in ((1, 5), (3, 6), (7, 100)):
        minute(connector, ago, now=now, written=written)

    assert connectors.written(5) == {"to-shelf": 11}


def test_workers__one_gone__is_not_counted(db: None) -> None:
    Worker.objects.create(name="a", threads=8, seen_at=datetime.now(UTC))
    Worker.objects.create(name="b", threads=8, seen_at=datetime.now(UTC) - timedelta(minutes=5))

    assert connectors.workers() == (1, 8)


def test_repositories__pulled_ones__with_their_last_pull(db: None) -> None:
    Repository.objects.create(name="primary", kind="git", pulled_at=NOW, pull_failures=2)
    Repository.objects.create(name="own", kind="managed")

    assert [one for one in registry.repositories() if one.name in {"primary", "own"}] == [registry.Pull("primary", NOW, 2)]


def test_changes__acts_on_connectors__are_told_with_who_and_what(connector: Connector) -> None:
    acts.note(connector, by=User.objects.create_user("maria"), changes=["paused"])

    told = panels.changes(5)[0]

    assert (told.about, told.text, told.who, told.link) == ("to-shelf", "Changed: paused", "maria", "/connectors/to-shelf")


def test_changes__connector_gone__is_told_without_its_page(connector: Connector) -> None:
    acts.note(connector, by=User.objects.create_user("maria"), changes=["paused"])
    connector.delete()

    assert acts.recent_changes(5)[0].link == "/connectors"


def test_recent__versions_that_came_together__are_one_line(db: None) -> None:
    title = SchemaTitle.objects.create(name="a/b", repository=Repository.objects.create(name="primary"))
    for number in range(3):
        SchemaVersion.objects.create(
            title=title,
            schema_id=f"/a/b/1.{number}.0",
            number=number + 1,
            major=1,
            minor=number,
            patch=0,
            document_packed=b"",
            revision=1,
        )

    told = recent.recent_changes(5)

    assert [(one.about, one.text) for one in told if one.about == "primary"] == [
        ("primary", "3 schema versions imported, /a/b/1.2.0 among them")
    ]


def test_changes__of_all_apps__newest_first_and_no_more_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(hours: int) -> panels.Change:
        return panels.Change(NOW - timedelta(hours=hours), "change", str(hours), "/", "x")

    monkeypatch.setattr(panels, "_changes", {"a": lambda _: [told(1), told(3)], "b": lambda _: [told(2), told(4)]})

    assert [one.about for one in panels.changes(3)] == ["1", "2", "3"]
