"""Questions to the platform, and the errors of the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_NOT_FOUND, _FIRST_ERROR = 404, 400


class CommandError(Exception):
    """A sentence and what to do; `code` is stable, or the platform's own."""

    def __init__(self, message: str, remedy: str = "", code: str = "command.failed") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.code = code


def ask(platform: str, path: str, query: Mapping[str, str] | None = None, *, token: str = "") -> httpx.Response:
    """The answer of an address.

    Raises:
        CommandError: there is none, or it refuses; in the platform's own words where it has some.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.get(f"{platform.rstrip('/')}{path}", params=query, headers=headers, timeout=_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = f"The platform at {platform} does not answer ({type(error).__name__})."
        raise CommandError(message, "Is it running, and is --platform its address?", "platform.no_answer") from None
    if answer.status_code >= _FIRST_ERROR:
        raise _refused(answer)
    return answer


def _refused(answer: httpx.Response) -> CommandError:
    try:
        told: Any = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict) or not told.get("detail"):
        remedy = "Is --platform the platform's address?" if answer.status_code == _NOT_FOUND else "Ask again later."
        return CommandError(f"The platform answers {answer.status_code}.", remedy, "platform.refused")
    return CommandError(str(told["detail"]), str(told.get("remedy") or ""), str(told.get("code") or "platform.refused"))
