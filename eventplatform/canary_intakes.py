"""Which intakes canaries are posted to: one for each topic prefix (datacenter), or for a service there; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from eventplatform.env import BadEnvironmentError

_EXAMPLE = "CANARY_INTAKES=eqiad.=https://intake.eqiad.example,eqiad./logging=https://logging.eqiad.example"


@dataclass(frozen=True, slots=True)
class CanaryIntake:
    """An intake: the prefix of the topics that it produces to, and the service it is for; without one, for all others."""

    prefix: str
    service: str
    url: str


def read(words: Sequence[str], *, prefix: str, url: str) -> tuple[CanaryIntake, ...]:
    """The intakes that `prefix/service=url` name; where nothing does, the one at `url` under `prefix`.

    Raises:
        BadEnvironmentError: a word names no address, or the same place twice.
    """
    found: dict[tuple[str, str], CanaryIntake] = {}
    for word in words:
        one = _read(word)
        if (one.prefix, one.service) in found:
            message = f"CANARY_INTAKES names {one.prefix}/{one.service} twice; leave one of them out."
            raise BadEnvironmentError(message)
        found[one.prefix, one.service] = one
    return tuple(found.values()) or (CanaryIntake(prefix, "", url.rstrip("/")),)


def _read(word: str) -> CanaryIntake:
    place, _, url = word.partition("=")
    prefix, _, service = place.strip().partition("/")
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"CANARY_INTAKES: {place!r} names no http or https address; write it as in {_EXAMPLE}."
        raise BadEnvironmentError(message)
    return CanaryIntake(prefix, service, url.strip().rstrip("/"))
