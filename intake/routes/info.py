"""`/_info`: name, version, description and home of the service; as every service that grew from Wikimedia's template."""

from __future__ import annotations

from http import HTTPStatus

from intake import answers
from intake.answers import TEXT, Answer
from intake.routes.asked import DESCRIPTION, NAME, VERSION, Asked


def info(asked: Asked) -> Answer | None:
    """`/_info`, `/_info/name`, `/_info/version`, `/_info/home`."""
    everything = {"name": NAME, "version": VERSION, "description": DESCRIPTION, "home": asked.home}
    part = asked.path.removeprefix("/_info").strip("/")
    if part == "home":
        return _home(asked.home)
    if part in {"name", "version"}:
        return answers.json_document({part: everything[part]})
    return None if part else answers.json_document(everything)


def _home(home: str) -> Answer:
    if not home:
        return Answer(HTTPStatus.NOT_FOUND, f"No home page URL defined for {NAME}".encode(), TEXT)
    body = f"Moved Permanently. Redirecting to {home}".encode()
    return Answer(HTTPStatus.MOVED_PERMANENTLY, body, TEXT, (("location", home),))
