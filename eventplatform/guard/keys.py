"""Producer keys: whom a key belongs to, what it opens, and the ring of all keys that a process knows."""

from __future__ import annotations

import hmac
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from eventplatform.guard import key_text
from eventplatform.guard.permit_errors import KeyExpiredError, KeyRevokedError, KeysUnreadError, KeyUnknownError

_NOTHING = bytes(32)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which streams or services: exact names, and beginnings of names (written `page_*`; `*` alone is everything)."""

    names: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> Scope:
        """From words as people write them."""
        given = set(words)
        return cls(
            frozenset(word for word in given if not word.endswith("*")),
            tuple(sorted(word[:-1] for word in given if word.endswith("*"))),
        )

    def holds(self, name: str) -> bool:
        """Whether `name` is within."""
        return name in self.names or (bool(self.beginnings) and name.startswith(self.beginnings))


@dataclass(frozen=True, slots=True)
class ProducerKey:
    """One key; of its secret only the digest. A key without services is good at all of them."""

    id: int
    name: str
    prefix: str
    digest: bytes = field(repr=False)
    pepper: str = field(repr=False)  # the name of the pepper that the digest was made with
    streams: Scope
    services: Scope = Scope(beginnings=("",))
    expires_at: float = math.inf  # Unix time
    is_revoked: bool = False
    events_per_second: float | None = None
    events_per_day: int | None = None
    is_unlimited: bool = False  # the platform's own: canaries must not be refused for what others send


class KeyRing:
    """All keys of one moment. Immutable. `is_complete`: others than these exist nowhere; False until keys could be read."""

    def __init__(
        self, keys: Iterable[ProducerKey], peppers: Mapping[str, bytes], *, version: int = 0, is_complete: bool = True
    ) -> None:
        self.version = version
        self.is_complete = is_complete
        self._peppers = dict(peppers)
        by_prefix: defaultdict[str, list[ProducerKey]] = defaultdict(list)
        for key in keys:
            by_prefix[key.prefix].append(key)
        self._by_prefix = {prefix: tuple(found) for prefix, found in by_prefix.items()}

    def __len__(self) -> int:
        return sum(len(found) for found in self._by_prefix.values())

    def identify(self, text: str, now: float) -> ProducerKey:
        """The key that `text` is.

        What is wrong with a key is told to nobody who doesn't have the whole of it; digests are compared in constant time.

        Raises:
            KeyRefusedError: it is none, it has expired, or it was revoked.
            KeysUnreadError: it may be one of those that could not be read yet.
        """
        shown = key_text.read_key(text)
        key = self._match(shown) if shown else None
        if key is None:
            raise KeyUnknownError if self.is_complete else KeysUnreadError
        if key.is_revoked:
            raise KeyRevokedError(prefix=key.prefix, key_id=key.id)
        if key.expires_at <= now:
            moment = f"{datetime.fromtimestamp(key.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}"
            raise KeyExpiredError(prefix=key.prefix, moment=moment, key_id=key.id)
        return key

    def _match(self, shown: key_text.KeyText) -> ProducerKey | None:
        found = None
        for key in self._by_prefix.get(shown.prefix, ()):
            pepper = self._peppers.get(key.pepper, _NOTHING)
            if hmac.compare_digest(key_text.digest(shown.whole, pepper), key.digest) and key.pepper in self._peppers:
                found = key
        return found
