"""A thousand connectors: the list stays usable, and quick."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from connectors.models import Connector, Lease, Target
from tests.connectors.conftest import FakeSnapshot

pytestmark = pytest.mark.slow

MANY = 1000


@pytest.fixture
def many(transactional_db: None, snapshot: FakeSnapshot) -> None:
    target = Target.objects.create(name="archive", kind="files", options={"root": "x"})
    made = Connector.objects.bulk_create(
        [Connector(name=f"c{number:04d}", target=target, streams=["test.*"]) for number in range(MANY)]
    )
    leases = [Lease(connector=one, stream="test.event", topic="test.event", partition=p) for one in made for p in range(4)]
    Lease.objects.bulk_create(leases)


def test_list__a_thousand_connectors__paged_found_and_quick(many: None, client: Client) -> None:
    client.get("/connectors")  # templates are compiled once
    began = time.process_time()

    page = client.get("/connectors").content.decode()
    seconds = time.process_time() - began
    found = client.get("/connectors?q=c0777").content.decode()

    print(f"{seconds * 1000:.0f} ms of CPU")  # noqa: T201  # the measured figure
    assert page.count('class="main"') == 50
    assert "page=2" in page
    assert found.count('class="main"') == 1
    assert seconds < 1.0  # many times what it takes here, for slow machines
