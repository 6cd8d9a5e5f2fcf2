"""The platform's own producer key, with which canaries pass doors that take no anonymous events; in no row, in no page."""

from __future__ import annotations

import base64
import hmac

from eventplatform.guard import key_text
from eventplatform.guard.keys import ProducerKey, Scope
from intake.keys import peppers

_NUMBER = 0  # no row has it
_PREFIX = "platform"
NAME = "platform"


def secret() -> str:
    """What the platform shows. Every process derives it from ENCRYPTION_KEYS, so nothing needs to be handed over or kept."""
    return _secret(peppers.newest()[1])


def keys() -> list[ProducerKey]:
    """The key as the door knows it: one for each of ENCRYPTION_KEYS, so that a process restarted later goes on being known."""
    everything = Scope.of(["*"])
    return [
        ProducerKey(
            id=_NUMBER,
            name=NAME,
            prefix=_PREFIX,
            digest=key_text.digest(_secret(pepper), pepper),
            pepper=name,
            streams=everything,
            is_unlimited=True,
        )
        for name, pepper in peppers.peppers().items()
    ]


def _secret(pepper: bytes) -> str:
    random = hmac.digest(pepper, b"the platform's own producer key", "sha256")
    return f"{key_text.MARK}{_PREFIX}_{base64.urlsafe_b64encode(random).decode().rstrip('=')}"
