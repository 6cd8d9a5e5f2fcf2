"""EventGate's order of judging, where it refuses what others take."""

from __future__ import annotations

import pytest

from eventplatform.core.errors import RejectedError
from eventplatform.core.services import Service
from tests.core.test_gate import REQUEST, AnySchema, event, gate


def test_schema_without_bounds__refused_by_a_service_of_eventgates_profile_alone() -> None:
    loose = AnySchema(is_secure=False)

    with pytest.raises(RejectedError) as caught:
        gate(schema=loose, service=Service(profile="eventgate")).admit(event(), REQUEST)

    assert (caught.value.code, caught.value.pointer) == ("schema.insecure", "/$schema")
    assert gate(schema=loose).admit(event(), REQUEST)
