"""Makes errors of what git says on failing: known sentences get a code and a remedy, every secret is struck out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from eventplatform.core.errors import PlatformError
from registry.git.errors import (
    AccessDeniedError,
    BranchMissingError,
    BrokenObjectsError,
    ForeignOwnerError,
    HostKeyError,
    NotFoundError,
    RedirectedError,
    UnreachableError,
)

_LONGEST = 300
_STRUCK_OUT = "***"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PROGRESS = re.compile(r"^(?:remote: )?(?:Enumerating|Counting|Compressing|Receiving|Resolving|Unpacking|Total)\b")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")

# The first that fits. LC_ALL=C keeps git's own words in English.
_KNOWN: tuple[tuple[str, Callable[[str], PlatformError]], ...] = (
    (r"Host key verification failed|No \S+ host key is known", lambda _: HostKeyError()),
    (r"dubious ownership", lambda _: ForeignOwnerError()),
    (r"returned error: 30\d|redirect", lambda _: RedirectedError()),
    (
        r"Authentication failed|could not read (?:Username|Password)|Permission denied|returned error: 40[13]|invalid format",
        lambda _: AccessDeniedError(),
    ),
    (
        r"fsck error|error in object|index-pack failed|unpack-objects failed|bad object",
        lambda why: BrokenObjectsError(reason=why),
    ),
    (r"couldn't find remote ref", lambda _: BranchMissingError(branch="that was just there")),
    (r"not found|does not appear to be a git repository|not a git repository", lambda _: NotFoundError()),
)


def error_of(words: str, secrets: Iterable[str]) -> PlatformError:
    """The error behind git's words; unknown ones are quoted, scrubbed."""
    why = scrubbed(words, secrets)
    for pattern, make in _KNOWN:
        if re.search(pattern, words, re.IGNORECASE):
            return make(why)
    return UnreachableError(reason=why or "git said nothing.")


def scrubbed(words: str, secrets: Iterable[str]) -> str:
    """The last telling lines of git's on one line, without secrets and control characters."""
    for secret in sorted({form for one in secrets if one for form in (one, quote(one, safe=""))}, key=len, reverse=True):
        words = words.replace(secret, _STRUCK_OUT)
    lines = (_ESCAPES.sub("", line).strip() for line in re.split(r"[\r\n]+", _USERINFO.sub("", words)))
    telling = [line for line in lines if line and not _PROGRESS.match(line)]
    fatal = [line for line in telling if line.startswith(("fatal:", "error:", "ssh:"))]
    return " ".join((fatal or telling)[:3])[:_LONGEST]
