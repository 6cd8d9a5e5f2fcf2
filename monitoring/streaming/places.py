"""How many streams one address, one account and the whole process may hold at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from monitoring.streaming.errors import AddressFullError, ServerFullError, UserFullError


@dataclass(frozen=True, slots=True)
class Caps:
    """Streams at once; those of an account count for its address no more: people share addresses."""

    process: int = 2000
    address: int = 10
    user: int = 20


class Places:
    """Given to who comes, taken back from who goes."""

    def __init__(self, caps: Caps) -> None:
        self.taken = 0
        self._caps = caps
        self._by_holder: Counter[Hashable] = Counter()

    def take(self, network: str, user: int | None) -> Callable[[], None]:
        """A place; call the answer to give it back.

        Raises:
            ServerFullError, AddressFullError, UserFullError: there is none.
        """
        holder, most = (("address", network), self._caps.address) if user is None else (("user", user), self._caps.user)
        if self._by_holder[holder] >= most:
            raise AddressFullError(most=most) if user is None else UserFullError(most=most)
        if self.taken >= self._caps.process:
            raise ServerFullError
        self._by_holder[holder] += 1
        self.taken += 1
        held: list[Hashable] = [holder]
        return lambda: self._give_back(held)

    def _give_back(self, held: list[Hashable]) -> None:
        if not held:
            return  # it was already
        holder = held.pop()
        self.taken -= 1
        self._by_holder[holder] -= 1
        if not self._by_holder[holder]:
            del self._by_holder[holder]
