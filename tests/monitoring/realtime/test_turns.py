from __future__ import annotations

from contextlib import closing

import pytest
from django.db import connection

from eventplatform import turns
from monitoring.realtime.errors import TurnTakenError
from monitoring.realtime.turns import turn

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_turn__same_person_in_two_processes__second_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = connection.copy()  # as another process has one
    with closing(other):
        with turn("ada"), monkeypatch.context() as patch:
            patch.setattr(turns, "connection", other)
            with pytest.raises(TurnTakenError), turn("ada"):
                raise AssertionError
            with turn("bob"):
                pass

        monkeypatch.setattr(turns, "connection", other)
        with turn("ada"):  # the first is over
            pass
