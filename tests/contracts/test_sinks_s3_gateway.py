"""The contract of a sink over S3 once more, on a server that keeps what it is given: versitygw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.stores import s3
from tests.contracts.stores.base import Store
from tests.contracts.test_sinks import *  # noqa: F403  # every test of the contract, with the store below

pytestmark = pytest.mark.services


@pytest.fixture(name="store")
def _store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """In place of theirs."""
    return s3.make(request, tmp_path)
