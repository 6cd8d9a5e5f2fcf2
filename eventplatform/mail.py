"""How e-mail leaves, from one URL: smtp, smtp+starttls://user:password@host:587, smtps, file:///folder or console."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_BACKENDS = {"smtp": "smtp", "smtp+starttls": "smtp", "smtps": "smtp", "file": "filebased", "console": "console"}
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class BadMailUrlError(ValueError):
    """EMAIL_URL holds a value that can't be used."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What Django's settings of e-mail are made of."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    is_starttls: bool = False
    is_tls: bool = False
    folder: str = ""


def read(url: str) -> Mail:
    """The way that a URL names; the URL itself may hold a password and so is in no message."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadMailUrlError("EMAIL_URL holds a host or a port that can't be read.") from None
    kind = _BACKENDS.get(parts.scheme)
    if kind is None:
        raise BadMailUrlError(f"EMAIL_URL begins with none of the words that it takes; write one of {', '.join(_BACKENDS)}.")
    if kind == "smtp" and not parts.hostname:
        raise BadMailUrlError("EMAIL_URL names no host.")
    if kind == "filebased" and (parts.netloc or not parts.path.startswith("/")):
        raise BadMailUrlError("EMAIL_URL names no folder; write file:// and an absolute path.")
    return Mail(
        f"django.core.mail.backends.{kind}.EmailBackend",
        host=parts.hostname or "",
        port=port or _PORTS.get(parts.scheme, 0),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_starttls=parts.scheme == "smtp+starttls",
        is_tls=parts.scheme == "smtps",
        folder=unquote(parts.path) if kind == "filebased" else "",
    )
