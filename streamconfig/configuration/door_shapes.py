"""What a stream's key `intake` and an item of `services` may say of the intake: shapes, and what is made of them.

Both are read into `eventplatform.core.door_rules` and `eventplatform.core.services`, whose docstrings say what each means.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core.names import is_schema_id, is_topic_name
from streamconfig.configuration.setting_types import COUNT, FLAG, MAP, Check, Problem, broken, pointer

_ORIGIN = re.compile(
    r"https?://[a-z0-9.-]{1,253}(?::[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](?::[0-9]{1,5})?|[a-z][a-z0-9+.-]*-extension://[a-z0-9-]+"
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_A_DAY = 86_400
Path = tuple[str, ...]


def _all(value: Any, fits: re.Pattern[str]) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and fits.fullmatch(one) for one in value)


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _is_word(*words: Any) -> Check:
    told = ", ".join(str(word) for word in words)
    return Check(lambda value: not isinstance(value, bool) and value in words, f"must be one of {told}.", f"Write {words[0]}.")


def _is_sources(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(source, str) and source and isinstance(way, str) and _is_way(way) for source, way in value.items()
    )


def _is_way(text: str) -> bool:
    """A stream's name; or that, a space and the id of the schema of what comes that way."""
    name, space, schema_id = text.partition(" ")
    return is_topic_name(name) and (not space or is_schema_id(schema_id))


_ORIGINS = Check(
    lambda value: value == ["*"] or _all(value, _ORIGIN),
    'must be a list of exact origins, or ["*"] for any.',
    'Write for example ["https://en.wikipedia.org"]: scheme and host in lower case, without a path.',
)
_HOSTS = Check(lambda value: _all(value, _HOST), "must be a list of host names.", 'Write for example ["intake.example.org"].')
_RATE = Check(_is_rate, "must be a number above 0.", "Write 100 for a hundred events a second.")
_STREAM = Check(
    lambda value: isinstance(value, str) and (not value or is_topic_name(value)), "must be a stream's name.", "Name a stream."
)
_STREAMS = Check(
    lambda value: isinstance(value, list) and all(isinstance(one, str) and is_topic_name(one) for one in value),
    "must be a list of streams.",
    'Write for example ["test.event"].',
)
_NAME = Check(
    lambda value: isinstance(value, str) and (not value or bool(_PARAMETER.fullmatch(value))),
    "must be the name of a query parameter.",
    "Write for example schema_uri.",
)
_FIELD = Check(
    lambda value: isinstance(value, str) and (not value or bool(_PARAMETER.fullmatch(value))),
    "must be the dotted path of a field.",
    "Write for example meta.dt.",
)
_SECONDS = Check(
    lambda value: type(value) is int and 0 <= value <= _A_DAY,
    "must be whole seconds, a day at most.",
    "Write 300, or 0 for never.",
)
_SOURCES = Check(
    _is_sources,
    "must map CloudEvents sources to streams.",
    'Write for example {"https://shop.example.org/orders": "shop.order"}.',
)
_CORS = Check(
    lambda value: value in ("", "*") or _all([value], _ORIGIN), "must be *, one origin, or empty for none.", "Write '*'."
)

_PRIVACY: Mapping[Path, Check] = {
    ("privacy",): MAP,
    ("privacy", "ip"): _is_word("truncate", "drop", "keep"),
    ("privacy", "user_agent"): _is_word("family", "drop", "keep"),
    ("privacy", "heeds_dnt"): FLAG,
    ("privacy", "heeds_gpc"): FLAG,
    ("privacy", "clears_at_door"): FLAG,
}
_RULES: Mapping[Path, Check] = {
    ("origins",): _ORIGINS,
    ("allows_anonymous",): FLAG,
    ("error_stream",): _STREAM,
    **_PRIVACY,
}
STREAM: Mapping[Path, Check] = {
    **_RULES,
    ("events_per_second",): _RATE,
    ("events_per_day",): COUNT,
    ("when_log_away",): _is_word("spool", "refuse"),
}
SERVICE: Mapping[Path, Check] = {
    **_RULES,
    ("profile",): _is_word("ours", "eventgate"),
    ("hosts",): _HOSTS,
    ("spooled_status",): _is_word(202, 201),
    ("duplicate_seconds",): _SECONDS,
    ("sources",): _SOURCES,
    ("limits",): MAP,
    **{
        ("limits", name): COUNT
        for name in ("max_body_bytes", "max_event_bytes", "max_events", "max_depth", "max_keys", "key_events_per_day")
    },
    ("limits", "key_events_per_second"): _RATE,
    ("limits", "address_events_per_second"): _RATE,
    ("eventgate",): MAP,
    ("eventgate", "needs_streams"): FLAG,
    ("eventgate", "allows_slashless"): FLAG,
    ("eventgate", "schema_uri_parameter"): _NAME,
    ("eventgate", "stream_parameter"): _NAME,
    ("eventgate", "dt_field"): _FIELD,
    ("eventgate", "cors"): _CORS,
    ("eventgate", "failing_streams"): _STREAMS,
}


def stream_problems(name: str, rules: Any, *, section: str = "streams") -> list[Problem]:
    """What is wrong with a stream's `intake`."""
    if rules is None:
        return []
    if not isinstance(rules, Mapping):
        return [Problem(name, "/intake", "setting.bad_value", "intake must be a map.", MAP.remedy, section)]
    found = [*broken(name, rules, STREAM, section=section), *unknown(name, rules, STREAM, section=section)]
    return [Problem(name, f"/intake{one.pointer}", one.code, one.message, one.remedy, section) for one in found]


def unknown(name: str, item: Mapping[str, Any], shape: Mapping[Path, Check], *, section: str) -> list[Problem]:
    """Names that a shape does not have, at any depth, so that a typing mistake is told."""
    return [
        Problem(name, pointer(path), "setting.unknown", f"There is no {'.'.join(path)}.", f"It may hold {told}.", section)
        for path, told in _unknown(item, shape, ())
    ]


def _unknown(item: Mapping[str, Any], shape: Mapping[Path, Check], at: Path) -> Iterator[tuple[Path, str]]:
    known = {path[len(at)] for path in shape if path[: len(at)] == at and len(path) > len(at)}
    if not known:
        return  # a free map, such as sources
    for name, value in item.items():
        path = (*at, str(name))
        if name not in known:
            yield path, ", ".join(sorted(known))
        elif isinstance(value, Mapping):
            yield from _unknown(value, shape, path)
