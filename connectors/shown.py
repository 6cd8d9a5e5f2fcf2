"""Options as people may see them: secrets as a mask, and addresses without what somebody may have hidden in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors import connection_urls, options
from connectors.options import Option
from eventplatform.core.errors import PlatformError

_SHORT = {one.lower(): one for one in ("TTL", "URL", "ID", "TLS", "SASL", "CA", "HTTP", "MB", "KB", "API")}


@dataclass(frozen=True, slots=True)
class Shown:
    """An option with what is set, or its default."""

    name: str
    text: str
    is_secret: bool = False
    is_default: bool = False

    @property
    def label(self) -> str:
        """Its name as words."""
        return label(self.name)


def label(name: str) -> str:
    """An option's name as words: `ttl_seconds` is "TTL seconds"."""
    words = " ".join(_SHORT.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def shown(declared: Sequence[Option], given: Mapping[str, Any], *, kept: Collection[str] = ()) -> list[Shown]:
    """Every declared option; secrets, of which those of the names `kept` are set, as a mask."""
    seen = harmless(declared, given)
    return [_shown(one, seen, is_kept=one.name in kept) for one in declared]


def harmless(declared: Sequence[Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` without secrets, and with a mask for what was saved before such addresses were refused."""
    known = {one.name: one for one in declared}
    return {name: _harmless(known[name], value) for name, value in given.items() if name in known and not known[name].is_secret}


def _shown(option: Option, given: Mapping[str, Any], *, is_kept: bool) -> Shown:
    if option.is_secret:
        return Shown(option.name, options.MASK if is_kept else "none", is_secret=is_kept)
    value = given.get(option.name, option.default)
    return Shown(option.name, _text(value), is_default=option.name not in given)


def _harmless(option: Option, value: Any) -> Any:
    if option.place != "database":
        return value
    try:
        connection_urls.check(str(value), name=option.name)
    except PlatformError:
        return options.MASK
    return value


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {one}" for name, one in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in ("", None) else str(value)
