"""The reference's `action=streamconfigs`: its parameters, limits and answers, as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streamconfig.compatible import constraints
from streamconfig.configuration.stream_set import StreamSet

ACTION = "streamconfigs"
MAX_STREAMS = 250
MAX_CONSTRAINTS = 50
HIGH_LIMIT = 500  # of both, for who has the reference's `apihighlimits`
MAX_CONSTRAINTS_TEXT = 16_384  # the reference's is what its server takes; merging them costs the square of it
MAX_AGE_SECONDS = 600
_SEPARATOR = "\x1f"  # MediaWiki's way to write values that hold a `|`
_FORMAT_VERSIONS = {"2", "latest"}
_DEPRECATED = {"warnings": {ACTION: {"warnings": 'The parameter "all_settings" has been deprecated.'}}}


class ApiError(Exception):
    """What the Action API answers with status 200 and the code in a header."""

    def __init__(self, code: str, info: str) -> None:
        super().__init__(info)
        self.code = code
        self.info = info


@dataclass(frozen=True, slots=True)
class Query:
    """A request's parameters; `streams` of None asks for all, an empty one for none."""

    streams: tuple[str, ...] | None = None
    constraints: tuple[str, ...] | None = None
    is_all_settings: bool = False


def parse(parameters: Mapping[str, str], *, has_high_limits: Callable[[], bool] = lambda: False) -> Query:
    """The query that the parameters mean; `has_high_limits` is asked only where the low ones don't do.

    Raises:
        ApiError: an unknown action, a format version that can't keep booleans, too many values.
    """
    action = parameters.get("action", "")
    if action != ACTION:
        raise ApiError("unknown_action", f'Unrecognized value for parameter "action": {action[:100]}.')
    version = parameters.get("formatversion", "2")
    if version not in _FORMAT_VERSIONS:
        raise unrecognised("formatversion", version)
    if len(parameters.get("constraints", "")) > MAX_CONSTRAINTS_TEXT:
        raise unrecognised("constraints", parameters["constraints"])
    return Query(
        streams=_values(parameters, "streams", MAX_STREAMS, has_high_limits),
        constraints=_values(parameters, "constraints", MAX_CONSTRAINTS, has_high_limits),
        is_all_settings="all_settings" in parameters,
    )


def unrecognised(name: str, value: str) -> ApiError:
    """The error of a parameter whose value can't be used."""
    return ApiError("badvalue", f'Unrecognized value for parameter "{name}": {value[:100]}.')


def _values(
    parameters: Mapping[str, str], name: str, limit: int, has_high_limits: Callable[[], bool]
) -> tuple[str, ...] | None:
    text = parameters.get(name)
    if text is None:
        return None
    separator = _SEPARATOR if text.startswith(_SEPARATOR) else "|"
    text = text.removeprefix(_SEPARATOR)
    values = tuple(text.split(separator, HIGH_LIMIT)) if text else ()
    if len(values) > limit and has_high_limits():
        limit = HIGH_LIMIT
    if len(values) > limit:
        raise ApiError("toomanyvalues", f'Too many values supplied for parameter "{name}". The limit is {limit}.')
    return tuple(dict.fromkeys(values))


def answer(streams: StreamSet, query: Query) -> bytes:
    """The body that answers a query."""
    wanted = constraints.parse(query.constraints) if query.constraints else None
    names = None if query.streams is None else list(query.streams)
    body: dict[str, Any] = dict(_DEPRECATED) if query.is_all_settings else {}
    return _as_bytes({**body, "streams": streams.select(names, wanted)})


def error_answer(error: ApiError, *, docref: str, served_by: str) -> bytes:
    """The body that tells an error."""
    told = {"code": error.code, "info": error.info, "docref": f"See {docref} for API usage."}
    return _as_bytes({"error": told, "servedby": served_by})


def _as_bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(_as_php(body, depth=0), ensure_ascii=False, separators=(",", ":")).encode()


def _as_php(value: Any, depth: int) -> Any:
    """PHP has one empty array and prints `[]`, but for the map of streams and a stream's own map."""
    if isinstance(value, Mapping):
        if not value and depth > _NAMED_DEPTH:
            return []
        return {name: _as_php(held, depth + 1) for name, held in value.items()}
    return [_as_php(held, depth + 1) for held in value] if isinstance(value, list | tuple) else value


_NAMED_DEPTH = 2  # below `streams` and a stream's name
