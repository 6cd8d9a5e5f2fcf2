"""The intake role: the lane, which `python -m intake.server` serves."""

from __future__ import annotations

from eventplatform import env

env.use_settings()

from intake.lane import Lane  # noqa: E402  # settings are named first
from intake.runtime import ProcessRuntime  # noqa: E402  # likewise

application = Lane(ProcessRuntime())
