"""Secrets that stay in files, such as mounted ones: an option that says `file:name` is read when a store is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from eventplatform.core.errors import FatalError

PREFIX = "file:"
_MOST_BYTES = 64 * 1024


class SecretFileError(FatalError):
    """A secret option names a file that can't be read, or that lies elsewhere than secrets may."""

    code = "secret.file_unusable"
    message = "The file of the secret option {name} can't be used: {reason}."
    remedy = "Put it below the folder that SECRETS_DIR names on every worker, readable by the platform's user, in UTF-8."


def read(secrets: Mapping[str, Any]) -> dict[str, Any]:
    """The secrets, those that name a file replaced by what is in it.

    Raises:
        SecretFileError: one can't be read; neither path nor content is told.
    """
    return {name: _read(name, one) if isinstance(one, str) and one.startswith(PREFIX) else one for name, one in secrets.items()}


def _read(name: str, value: str) -> str:
    if not settings.SECRETS_DIR:
        raise SecretFileError(name=name, reason="SECRETS_DIR is not set")
    root = Path(settings.SECRETS_DIR).resolve()
    try:
        path = (root / value.removeprefix(PREFIX)).resolve()  # links followed: they may not lead out either
        if not path.is_relative_to(root):
            raise SecretFileError(name=name, reason="it lies outside the folder of secrets")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SecretFileError(name=name, reason=type(error).__name__) from None
    if len(content) > _MOST_BYTES:
        raise SecretFileError(name=name, reason="it is too large")
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretFileError(name=name, reason="it is no text") from None
