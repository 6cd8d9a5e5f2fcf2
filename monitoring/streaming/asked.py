"""What a request for streams asks for: names, filters, fields, where to begin; nothing of it is looked up yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from monitoring.streaming import filters, rendering
from monitoring.streaming.errors import FieldsUnreadableError, TooManyStreamsError
from monitoring.streaming.filters import Filter
from monitoring.streaming.paths import Path, read_path
from monitoring.streaming.positions import read_since
from monitoring.streaming.rendering import Format

PREFIX = "/v2/stream/"
_MOST_STREAMS = 50
_MOST_FIELDS = 50
_MOST_PARAMETERS = 40
_YES = frozenset({"1", "true", "yes"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read. `last_event_id` stays a text until the streams' topics are known."""

    streams: tuple[str, ...]
    format: Format = "sse"
    filters: tuple[Filter, ...] = ()
    fields: tuple[Path, ...] = ()
    with_canaries: bool = False
    since_ms: int | None = None
    last_event_id: str = field(default="", repr=False)


def read(path: str, query: str, header: Callable[[str], str]) -> Asked:
    """The request for `/v2/stream/{streams}`, its path as it came.

    Raises:
        StreamRefusedError: a part of it can't be read; the error says which.
    """
    parameters = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS) if _is_short(query) else None
    if parameters is None:
        raise TooManyStreamsError(most=_MOST_PARAMETERS, what="parameters", found="more")
    since = [value for name, value in parameters if name == "since" and value]
    canaries = [value for name, value in parameters if name == "canaries"]
    return Asked(
        streams=_names(path),
        format=rendering.format_of(header("accept")),
        filters=filters.read([value for name, value in parameters if name == "filter" and value]),
        fields=_fields([value for name, value in parameters if name == "fields"]),
        with_canaries=bool(canaries) and canaries[-1].lower() in _YES,
        since_ms=read_since(since[-1]) if since else None,
        last_event_id=header("last-event-id"),
    )


def _is_short(query: str) -> bool:
    return query.count("&") < _MOST_PARAMETERS


def _names(path: str) -> tuple[str, ...]:
    named = unquote(path.removeprefix(PREFIX)).split(",")
    names = tuple(dict.fromkeys(name.strip() for name in named if name.strip()))
    if len(names) > _MOST_STREAMS:
        raise TooManyStreamsError(most=_MOST_STREAMS, what="streams", found=len(names))
    return names


def _fields(texts: list[str]) -> tuple[Path, ...]:
    named = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    if len(named) > _MOST_FIELDS:
        raise FieldsUnreadableError(reason=f"there may be {_MOST_FIELDS} of them")
    try:
        return tuple(sorted({read_path(one) for one in named}))
    except ValueError as error:
        raise FieldsUnreadableError(reason=f"{str(error)[:80]!r} is no path") from None
