"""`/v1/stream-configs`: the streams that a service takes, with their settings, as this process knows them now."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import unquote

import orjson

from intake.answers import JSON, Answer
from intake.routes.asked import Asked

_BETWEEN = re.compile(r"[,|]")
_MAX_NAMES = 1000


def stream_configs(asked: Asked) -> Answer | None:
    """All of them, or those named by `/v1/stream-configs/a,b` or `a|b`; unknown names are left out."""
    if asked.service.profile == "eventgate" and not asked.service.eventgate.needs_streams:
        return None
    named = unquote(asked.path.removeprefix("/v1/stream-configs").strip("/"))
    if named:
        found = [(name, asked.find_stream(name)) for name in _BETWEEN.split(named, _MAX_NAMES)[:_MAX_NAMES]]
    else:
        found = [(one.name, one) for one in asked.every_stream]
    own = asked.service.name
    listed = {name: one.settings for name, one in found if one and (not own or one.service == own)}
    return Answer(HTTPStatus.OK, orjson.dumps(listed, default=dict), JSON)
