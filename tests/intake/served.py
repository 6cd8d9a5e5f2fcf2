"""Both doors over the contract suite's hand-made configuration and a memory log, for a server of their own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import django

from eventplatform import env

env.use_settings()
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # Django is set up first

from eventplatform.broker.memory import MemoryLog  # noqa: E402  # likewise
from eventplatform.core.services import Service  # noqa: E402  # likewise
from intake import runtime  # noqa: E402  # likewise
from intake.lane import Lane  # noqa: E402  # likewise
from intake.service import Intake  # noqa: E402  # likewise
from tests.contracts.intake_doors import LIMITS, STREAMS, HandMade, ReadyMade  # noqa: E402  # likewise


@cache
def _intake() -> Intake:
    log = MemoryLog()
    for stream in STREAMS:
        log.create_topic(stream.name)
    configuration = HandMade(services={"main": Service("main")})
    return Intake(configuration=lambda: configuration, producer=log.producer(), limits=LIMITS, services=["main"])


lane = Lane(ReadyMade(_intake()))
runtime.intake = _intake
_django = get_wsgi_application()


def drf(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return _django(environ, start_response)
