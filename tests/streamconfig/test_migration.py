"""An installation of before change control keeps its revisions, and its chain of hashes still holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from streamconfig import lookups
from streamconfig.configuration.changes import chain_hash, from_json
from streamconfig.models import Revision, Stream

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MADE = datetime(2026, 11, 25, 12, tzinfo=UTC)
DOCUMENT = {"defaults": {}, "streams": {"ui.click": {"sample": {"unit": "session", "rate": 0.5}, "about": {"owner": "web"}}}}


@pytest.fixture
def earlier(transactional_db: None) -> Iterator[Any]:
    """The tables as they were; whatever happens, the newest ones are back afterwards."""
    executor = MigrationExecutor(connection)
    executor.migrate([("streamconfig", "0001_initial")])
    yield executor.loader.project_state([("streamconfig", "0001_initial")]).apps
    latest = MigrationExecutor(connection)
    latest.migrate(latest.loader.graph.leaf_nodes())


def test_upgrade__published_before__is_read_and_proven_as_ever(earlier: Any) -> None:
    facts: dict[str, Any] = {
        "number": 1,
        "created_at": MADE,
        "author": "ann",
        "reason": "to begin with",
        "document_text": json.dumps(DOCUMENT),
    }
    change = {"stream": "ui.click", "kind": "added", "fields": [{"path": "sample.rate", "becomes": 0.5}]}
    earlier.get_model("streamconfig", "Revision").objects.create(
        **facts, changes=[change], previous_hash="0" * 64, hash=chain_hash(previous="0" * 64, **facts)
    )
    earlier.get_model("streamconfig", "ConfigurationState").objects.create(pk=1, revision=1)
    earlier.get_model("streamconfig", "Stream").objects.create(name="ui.click", settings_text="{}", revision=1)

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    row = Revision.objects.get()
    (found,) = from_json(row.changes)
    assert (row.effective_at, found.section, found.name, found.fields[0].keys) == (
        MADE,
        "streams",
        "ui.click",
        ("sample", "rate"),
    )
    assert lookups.broken_revision() is None
    assert Stream.objects.get().entry.about.owner == "web"
    with pytest.raises(Exception, match="never change"):
        Revision.objects.update(author="eve")
