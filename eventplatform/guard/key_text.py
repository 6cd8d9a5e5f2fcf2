"""What a producer key looks like, and what is kept of it: `epk_<prefix>_<secret>`, an HMAC of it with the platform's pepper."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

MARK = "epk_"
_PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that is mistaken for another when read aloud
_PREFIX_LENGTH = 8
_FORM = re.compile(r"epk_([a-z0-9]{4,16})_([A-Za-z0-9_-]{32,86})", re.ASCII)


class KeyText(NamedTuple):
    """A key's parts: `prefix` is shown to tell keys apart, `whole` is the secret."""

    prefix: str
    whole: str


def new_key() -> KeyText:
    """A key with 256 random bits."""
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(_PREFIX_LENGTH))
    return KeyText(prefix, f"{MARK}{prefix}_{secrets.token_urlsafe(32)}")


def read_key(text: str) -> KeyText | None:
    """The parts of what a client shows; None where it can't be a key."""
    found = _FORM.fullmatch(text)
    return KeyText(found[1], text) if found else None


def derive_pepper(setting: str) -> bytes:
    """The pepper that one of the platform's secrets gives; knowing it says nothing about the secret."""
    return hmac.digest(setting.encode(), b"eventplatform: pepper of producer keys", "sha256")


def name_pepper(pepper: bytes) -> str:
    """Tells peppers apart in a row of the database; says nothing about them."""
    return hashlib.sha256(b"name of " + pepper).hexdigest()[:16]


def digest(key: str, pepper: bytes) -> bytes:
    """What is kept of a key. 256 random bits can't be guessed, so a fast hash is as good as a slow one, and cheap to check."""
    return hmac.digest(pepper, key.encode("utf-8", "replace"), "sha256")
