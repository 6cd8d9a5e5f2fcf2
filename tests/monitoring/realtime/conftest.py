from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from monitoring.realtime.asking import Answer, Question, ask
from tests.monitoring.realtime.streams import Platform


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def answer(platform: Platform, settings: Any) -> Callable[..., Answer]:
    def answered(sql: str, *streams: str, may_see: bool = True, within: float = 10, **asked: Any) -> Answer:
        settings.SQL_ANSWER_SECONDS = within
        return ask(Question(sql, streams, **asked), platform.log, platform.config, may_see=may_see)  # type: ignore[arg-type]  # a snapshot's twin

    return answered
