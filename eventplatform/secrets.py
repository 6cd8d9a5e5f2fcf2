"""Keys of a demo: made once, kept in `var/`, marked so that production refuses them."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

_DEMO_MARK = "demo-"
_MIN_LENGTH = 40


class MissingSecretError(RuntimeError):
    """Production was started without a secret of its own, or with one of a demo."""


def demo_key(name: str, var: Path, *, is_demo: bool) -> str:
    """The demo's key `name`, made on the first call; outside a demo there is none, which is an error."""
    if not is_demo:
        message = f"{name} is not set. In production set it to a random value of your own, kept outside the database."
        raise MissingSecretError(message)
    kept = _read(var / "secrets.json")
    if name not in kept:
        kept[name] = _new_key(name)
        _write(var / "secrets.json", kept)
        kept = _read(var / "secrets.json")
    return kept[name]


def refuse_demo_keys(*keys: str) -> None:
    """Stop a production start that carries a demo's keys, or short ones."""
    for key in keys:
        if _is_demo_key(key):
            message = "A key made for a demo was given to production. Make new ones for SECRET_KEY and ENCRYPTION_KEYS."
            raise MissingSecretError(message)
        if len(key) < _MIN_LENGTH:
            message = f"A secret key is shorter than {_MIN_LENGTH} characters. Make a longer one: `openssl rand -base64 48`."
            raise MissingSecretError(message)


def _new_key(name: str) -> str:
    if name == "ENCRYPTION_KEYS":  # Fernet wants 32 bytes in base64; the mark goes inside them
        return base64.urlsafe_b64encode(_DEMO_MARK.encode() + secrets.token_bytes(27)).decode()
    return _DEMO_MARK + secrets.token_urlsafe(48)


def _is_demo_key(key: str) -> bool:
    try:
        inside = base64.urlsafe_b64decode(key)
    except ValueError:
        inside = b""
    return key.startswith(_DEMO_MARK) or inside.startswith(_DEMO_MARK.encode())


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def _write(path: Path, kept: dict[str, str]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and moved, so that a process starting at the same moment never reads half a file.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(kept, indent=1))
    aside.replace(path)
