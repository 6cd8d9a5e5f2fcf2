"""Looking up a name, under the deadline of everything else."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from eventplatform.outbound.pinned import Deadline
from eventplatform.outbound.urls import Resolve


class Bounded:
    """A look-up of names that ends at the deadline: the system's own can't be told to."""

    def __init__(self, resolve: Resolve, deadline: Deadline) -> None:
        self._resolve = resolve
        self._deadline = deadline

    def __call__(self, host: str, port: int) -> Sequence[str]:
        found: list[Sequence[str] | Exception] = []
        thread = threading.Thread(target=self._look_up, args=(host, port, found), daemon=True)
        thread.start()
        thread.join(self._deadline.left())
        if not found:
            raise TimeoutError
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    def _look_up(self, host: str, port: int, found: list[Sequence[str] | Exception]) -> None:
        try:
            found.append(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            found.append(error)
