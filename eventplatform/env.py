"""The one place that reads the process environment; everything else uses `django.conf.settings`."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Collection, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


class BadEnvironmentError(ValueError):
    """A variable of the environment holds a value that can't be used; names the variable and the remedy."""


def text(name: str, default: str = "") -> str:
    """The variable `name`, or `default` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def secret(name: str) -> str:
    """The variable `name`, or what the file holds that `<name>_FILE` names; an error never repeats what is in it."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}_FILE={path!r} can't be read: {type(error).__name__}."
        raise BadEnvironmentError(message) from None


def flag(name: str, *, default: bool = False) -> bool:
    """The variable `name` as a yes or no; anything else is an error, never a guess."""
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    message = f"{name}={value!r} is neither yes nor no; write 1 or 0."
    raise BadEnvironmentError(message)


def number(name: str, default: int) -> int:
    """The variable `name` as a whole number."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        message = f"{name}={value!r} is no whole number."
        raise BadEnvironmentError(message) from None


def one_of(name: str, default: str, known: Collection[str]) -> str:
    """The variable `name` as one of a few words; anything else is an error, never a guess."""
    value = text(name, default)
    if value not in known:
        message = f"{name}={value!r} is none of the words that it takes; write {' or '.join(known)}."
        raise BadEnvironmentError(message)
    return value


def time_zone(name: str, default: str) -> str:
    """The variable `name` as the name of a time zone."""
    value = text(name, default)
    try:
        return zoneinfo.ZoneInfo(value).key
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        message = f"{name}={value!r} is no time zone; write one such as Europe/Berlin."
        raise BadEnvironmentError(message) from None


def words(name: str, default: str = "") -> list[str]:
    """The variable `name` as a list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """The variable `name` as an absolute path, relative ones below the project's root."""
    return (ROOT / text(name, str(default))).resolve()


def child(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child process: ours and `extra` on top."""
    return {**os.environ, **extra}


def use_settings() -> None:
    """Let Django find its settings; every entry point calls this first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventplatform.settings")
