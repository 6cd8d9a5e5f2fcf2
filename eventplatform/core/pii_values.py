"""What becomes of one value that tells of a person: shortened, hashed with a key, or gone."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

GONE: Any = object()  # stands for a value that is to be removed
MASK = "•••"  # bullets, as nobody could type them for a value

_IPV4 = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_IPV4_BITS, _IPV6_BITS = 24, 48
_TEXT_KEPT = 40
_PLACES_KEPT = 0  # of a coordinate: whole degrees, some 100 km
_MAX_AGENT = 512
_DAY_MS = 86_400_000
_DIGEST, _TAG = 24, 8  # characters of a hash, and of the sign that it is one of ours
_LARGEST = 2**52  # numbers that every reader of JSON holds exactly
# In this order: each browser also carries the names of those below it.
_FAMILIES = (
    (re.compile(r"(?:Edg|EdgA|EdgiOS|Edge)/(\d+)"), "Edge"),
    (re.compile(r"(?:OPR|Opera)/(\d+)"), "Opera"),
    (re.compile(r"SamsungBrowser/(\d+)"), "Samsung Internet"),
    (re.compile(r"(?:Firefox|FxiOS)/(\d+)"), "Firefox"),
    (re.compile(r"(?:Chrome|CriOS|Chromium)/(\d+)"), "Chrome"),
    (re.compile(r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/"), "Safari"),
)
_PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9_.+-]{0,39})(?:[/ ](\d{1,6}))?")


@dataclass(frozen=True, slots=True)
class Hashing:
    """A key to hash with. `is_daily`: a value's hash is another one each day (UTC), so that days can't be joined.

    A hash carries a sign that only the key's holder can make: what was hashed before, such as an event that is replayed,
    stays as it is.
    """

    key: bytes
    is_daily: bool = False

    def text(self, value: str, now_ms: int) -> str:
        """32 hexadecimal characters for `value`."""
        plain = value.replace("-", "")
        if len(plain) == _DIGEST + _TAG and hmac.compare_digest(self._tag(plain[:_DIGEST]), plain[_DIGEST:]):
            return plain
        digest = self._digest(value, now_ms).hex()[:_DIGEST]
        return digest + self._tag(digest)

    def number(self, value: float, now_ms: int) -> int:
        """A whole number for `value` that every reader of JSON holds exactly."""
        return int.from_bytes(self._digest(repr(value), now_ms)[:8]) % _LARGEST

    def _digest(self, value: str, now_ms: int) -> bytes:
        day = b"%d:" % (now_ms // _DAY_MS) if self.is_daily else b":"
        return hmac.digest(self.key, day + value.encode("utf-8", "surrogatepass"), "sha256")

    def _tag(self, digest: str) -> str:
        return hmac.digest(self.key, b"tag:" + digest.encode("utf-8", "surrogatepass"), "sha256").hex()[:_TAG]


def truncated(kind: str, value: Any) -> Any:
    """A shorter value that still serves statistics and tells of nobody; GONE where there is none."""
    short = _SHORTEN.get(kind)
    return GONE if short is None else short(value)


def network(value: Any) -> Any:
    """The /24 of an IPv4 address, the /48 of an IPv6 address; of a list as in X-Forwarded-For, of each; else GONE."""
    if not isinstance(value, str):
        return GONE
    parts = [_network(part.strip()) for part in value.split(",", 20)]
    return GONE if GONE in parts else ", ".join(parts)


def family(value: Any) -> Any:
    """Browser or program and its major version: `Firefox 128`; GONE for what is no text."""
    return _family(value[:_MAX_AGENT]) if isinstance(value, str) else GONE


@lru_cache(maxsize=2048)
def _family(agent: str) -> str:
    for pattern, name in _FAMILIES:
        found = pattern.search(agent)
        if found:
            return f"{name} {found[1]}"
    product = _PRODUCT.match(agent)
    if product is None or product[1] == "Mozilla":
        return "Other"
    return f"{product[1]} {product[2]}" if product[2] else product[1]


def _network(text: str) -> Any:
    if _IPV4.fullmatch(text):
        return f"{text.rpartition('.')[0]}.0" if _is_address(text) else GONE
    try:
        address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return GONE
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return _network(str(address.ipv4_mapped))
    bits = _IPV4_BITS if address.version == 4 else _IPV6_BITS  # noqa: PLR2004  # the protocol's own number
    return str(ipaddress.ip_network((address, bits), strict=False).network_address)


def _is_address(text: str) -> bool:
    return all(int(part) < 256 for part in text.split("."))  # noqa: PLR2004  # a byte


def _location(value: Any) -> Any:
    """An address of the web keeps its server, a coordinate its degrees; of other words nothing can be kept."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value, _PLACES_KEPT)
    if isinstance(value, str) and "://" in value:
        try:
            parts = urlsplit(value)
        except ValueError:
            return GONE
        return f"{parts.scheme}://{parts.hostname}/" if parts.hostname else GONE
    return GONE


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        return GONE
    return value if len(value) <= _TEXT_KEPT else value[: _TEXT_KEPT - 1] + "…"


_SHORTEN: Mapping[str, Callable[[Any], Any]] = {
    "ip": network,
    "user_agent": family,
    "location": _location,
    "free_text": _text,
}
