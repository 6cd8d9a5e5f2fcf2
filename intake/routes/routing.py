"""Finds the route of a path, and says in the service's profile where there is none."""

from __future__ import annotations

from http import HTTPStatus

from eventplatform.guard.request_head import RequestHead
from intake import answers
from intake.answers import TEXT, Answer
from intake.desks import Desks
from intake.routes import description, doc_page
from intake.routes.asked import Asked
from intake.routes.info import info
from intake.routes.stream_configs import stream_configs

TEST_EVENTS = "/v1/_test/events"
_READING = "GET, HEAD"
_MAX_PARAMETERS = 100


def split(path: str, desks: Desks) -> tuple[str, str]:
    """The service that a path names first, empty for none, and what follows."""
    first, slash, rest = path[1:].partition("/")
    return (first, slash + rest) if slash and desks.has(first) else ("", path)


def answer(method: str, path: str, head: RequestHead, desks: Desks, *, home: str = "") -> Answer:
    """The answer to anything but events.

    Raises:
        PlatformError: there is no configuration yet.
    """
    service, rest = split(path, desks)
    head = head._replace(service=service)
    desk = desks.find(head)
    configuration = desks.configuration
    asked = Asked(rest, head, desk.service, desk.profile, configuration.every_stream, configuration.find_stream, home)
    found = _kept(asked, desks)
    if found is None:
        return desk.profile.not_found(method, path, head)
    if method == "OPTIONS":
        found = Answer(HTTPStatus.OK, b"GET,HEAD", TEXT, (("allow", "GET,HEAD"),))
    elif method not in {"GET", "HEAD"}:
        return desk.profile.wrong_method(method, path, _READING, head)
    if found.common is doc_page.HEADERS:
        return found
    return desk.profile.dressed(found, head)


def _kept(asked: Asked, desks: Desks) -> Answer | None:
    """The list of all streams is large and the same for everybody: it is made once for a configuration."""
    if asked.path != "/v1/stream-configs":
        return _found(asked)
    if asked.head.service not in desks.listings:
        desks.listings[asked.head.service] = _found(asked)
    return desks.listings[asked.head.service]


def _found(asked: Asked) -> Answer | None:
    path = asked.path
    if path == "/":
        return _root(asked)
    if path == "/robots.txt":
        return answers.ROBOTS
    if path == "/_info" or path.startswith("/_info/"):
        return info(asked)
    if path == "/v1/stream-configs" or path.startswith("/v1/stream-configs/"):
        return stream_configs(asked)
    return None


def _root(asked: Asked) -> Answer | None:
    names = {part.partition("=")[0] for part in asked.head.query.split("&", _MAX_PARAMETERS)}
    if "spec" in names:
        return answers.json_document(description.document(asked))
    return doc_page.page(description.document(asked)) if "doc" in names else None
