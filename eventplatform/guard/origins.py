"""Which pages' scripts may send: exact origins per stream and service, and what a browser is told about it.

A browser names the page's origin with every cross-origin POST, beacons too; who is no browser names none, and is no matter of
these rules. No answer ever allows credentials, so an origin is echoed only to say yes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from eventplatform.core.services import Service
from eventplatform.core.streams import Stream

ANY = "*"
NULL = "null"  # of sandboxed frames, local files and redirects: it names nobody, so it is nobody's

Header = tuple[str, str]
FindService = Callable[[str], Service | None]


def allowed(origin: str, service: Service, stream: Stream | None = None) -> bool:
    """Whether a page of `origin` may send to `stream` of `service`, or to the service's streams without a list of their own.

    Compared exactly, as browsers write it. `null` passes only in the profile that copies EventGate, which heeds no origin.
    """
    if not origin:
        return True
    return _within(origin, _rules(service, stream), service)


def known(service: Service, streams: Iterable[Stream], find_service: FindService) -> frozenset[str]:
    """Every origin that some stream of the service takes: what a preflight, which names no stream, is answered by."""
    listed = set(service.origins)
    for stream in streams:
        if serves(service, stream):
            listed.update(_rules(find_service(stream.service) or service, stream))
    return frozenset(listed)


def serves(service: Service, stream: Stream) -> bool:
    """Whether a stream's events may come through this service."""
    return not service.name or not stream.service or stream.service == service.name


def is_known(origin: str, service: Service, listed: frozenset[str]) -> bool:
    """Whether some stream of the service may take from `origin`; `listed` is what `known` answered."""
    return not origin or _within(origin, listed, service)


def cors_headers(origin: str, service: Service, listed: frozenset[str]) -> tuple[Header, ...]:
    """What an answer says to the browser: `*` where anybody may send, else the origin itself if it may, else nothing."""
    if ANY in listed:
        return (("access-control-allow-origin", ANY),)
    vary = ("vary", "Origin")  # caches must keep the answers to two origins apart
    if origin and _within(origin, listed, service):
        return (("access-control-allow-origin", origin), vary)
    return (vary,)


def _rules(service: Service, stream: Stream | None) -> Iterable[str]:
    own = stream.door.origins if stream is not None else None
    return service.origins if own is None else own


def _within(origin: str, listed: Iterable[str], service: Service) -> bool:
    if origin == NULL:
        return service.profile == "eventgate" and ANY in listed
    return ANY in listed or origin in listed
