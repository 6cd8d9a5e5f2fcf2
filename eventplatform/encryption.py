"""Secrets kept in the database: encrypted with the first of ENCRYPTION_KEYS, readable with any, so that keys can be rotated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from eventplatform.core.errors import FatalError


class SecretUnreadableError(FatalError):
    """None of the keys opens the kept secrets."""

    code = "secret.unreadable"
    message = "The secrets of {owner} can't be decrypted."
    remedy = "Put the key they were saved with back into ENCRYPTION_KEYS, or enter the secrets again."


def seal(secrets: Mapping[str, Any]) -> str:
    """Text to keep in the database; empty for no secrets."""
    return _keys().encrypt(json.dumps(dict(secrets)).encode()).decode() if secrets else ""


def unseal(sealed: str, *, owner: str) -> dict[str, Any]:
    """The secrets behind what `seal` answered; `owner` names whose they are, for the error."""
    if not sealed:
        return {}
    try:
        found: dict[str, Any] = json.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken:
        raise SecretUnreadableError(owner=owner) from None
    return found


def with_first_key(sealed: str, *, owner: str) -> str:
    """The same secrets, encrypted with the first key, after which the others may go."""
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(sealed.encode())
    except InvalidToken:
        try:
            return _keys().rotate(sealed.encode()).decode()
        except InvalidToken:
            raise SecretUnreadableError(owner=owner) from None
    return sealed


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
