"""What a request's headers decide before its body is read: content type, length, request id."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

from eventplatform.guard.errors import LengthInvalidError

_LENGTH = re.compile(r"[0-9]{1,18}")
_REQUEST_ID = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,128}")  # no comma: servers put one between two headers of a name
_NOT_HASTY = {"", "0", "false", "no"}
_MAX_PARAMETERS = 100


def _no_header(_name: str) -> str:
    return ""


class RequestHead(NamedTuple):
    """The headers that matter here; empty text for an absent one."""

    content_type: str = ""
    content_length: str = ""
    content_encoding: str = ""
    request_id: str = ""
    is_hasty: bool = False
    query: str = ""  # as it stands in the address, without the question mark
    service: str = ""  # named by the path, as in /analytics/v1/events
    peer: str = ""  # the address that the connection comes from
    header: Callable[[str], str] = _no_header  # any other, by its lower-case name


def announced_length(head: RequestHead) -> int | None:
    """The body's length as announced, or None where the client sends chunks.

    Raises:
        LengthInvalidError: it is no number.
    """
    if not head.content_length:
        return None
    if not _LENGTH.fullmatch(head.content_length):
        raise LengthInvalidError
    return int(head.content_length)


def request_id(head: RequestHead, new_id: Callable[[], str]) -> str:
    """The client's own id where it is short and printable (it goes into records and logs), else a new one."""
    return head.request_id if _REQUEST_ID.fullmatch(head.request_id) else new_id()


def usable_id(text: str) -> str:
    """The text of such a header where it may go into records and logs, else nothing."""
    return text if _REQUEST_ID.fullmatch(text) else ""


def is_hasty(query: str) -> bool:
    """What `?hasty=` means: any word but an empty one, 0, false or no (EventGate takes those as yes)."""
    if "hasty" not in query:
        return False
    return parameter(query, "hasty").strip().lower() not in _NOT_HASTY


def parameter(query: str, name: str) -> str:
    """The last non-empty value of that name, unescaped; empty where there is none among the first parameters."""
    bounded = "&".join(query.split("&", _MAX_PARAMETERS)[:_MAX_PARAMETERS])
    return dict(parse_qsl(bounded, errors="replace")).get(name, "")
