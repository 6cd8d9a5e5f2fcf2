"""The sample's refused events: told by the gate itself, once."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from eventplatform.broker import open_log
from eventplatform.broker.base import Log
from monitoring.rejected import collecting, groups, sample
from streamconfig.topics.reconcile import reconcile

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def log(settings: Any, tmp_path: Any) -> Log:
    settings.VAR_DIR = tmp_path
    call_command("load_sample", verbosity=0)
    opened = open_log("memory://sample-of-rejected")
    reconcile(opened)
    return opened


def test_load__twice__each_event_once_and_no_personal_data(log: Log) -> None:
    document = yaml.safe_load((settings.BASE_DIR / "examples/rejected.yaml").read_text())

    assert sample.load(document, log) == sum(item["times"] for item in document["rejected"])
    assert sample.load(document, log) == 0

    collecting.collect(log, seconds=20)
    found = groups.listed(groups.Filters(range="7d"))
    assert {(one.stream, one.code) for one in found} == {
        ("test.event", "event.invalid"),
        ("ui.button_click", "event.invalid"),
        ("client.error", "event.invalid"),
        ("", "stream.unknown"),
        ("test.event", "schema.unknown"),
    }
    from tests.monitoring.rejected.conftest import rows

    everything = b"".join(bytes(row[0]) for row in rows("select value from dead_letters"))
    assert b"192.0.2.77" not in everything
    assert b"Macintosh" not in everything
