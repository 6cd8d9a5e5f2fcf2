"""What each connector did, minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors import history, lookups, slices
from connectors.models import Connector, Minute
from connectors.watcher import Watcher
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import Produce

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("lease", "asked")
def test_note_minute__counts_what_came_and_went_once(connector: Connector, where: TopicPartition, produce: Produce) -> None:
    one = Watcher()
    one.tick()
    assert history.note_minute()  # nothing to tell: no row, and a start to count from
    produce("a", "b", b"no json")
    one.tick()
    slices.run(connector.pk, where)
    produce("c")
    one.tick()

    assert history.note_minute()
    assert not history.note_minute()  # another watcher did

    newest = lookups.history("files", 1)[-1]
    assert (newest.arrived, newest.written, newest.set_aside, newest.lag_records) == (4, 2, 1, 1)
    assert len(lookups.history("files", 1)) == 61
    Minute.objects.update(at=datetime.now(UTC) - timedelta(days=8))
    assert history.forget() == 1
