"""A visit: one request at the door, from its head to its answer."""

from __future__ import annotations

from dataclasses import dataclass

from eventplatform.core.errors import PlatformError
from eventplatform.guard.body import BodyReader
from eventplatform.guard.permits import Permit
from eventplatform.guard.request_head import RequestHead
from intake.desks import Desk
from intake.ids import Moment


@dataclass(slots=True)
class Visit:
    """What the door knows of a request. The door feeds `body`; a refusal that was found before is kept there till its end."""

    head: RequestHead
    desk: Desk
    body: BodyReader
    moment: Moment  # when it came
    permit: Permit | None = None

    @property
    def sent(self) -> bytes:
        """The body as far as it was kept: nothing of one that was refused while it was read."""
        try:
            return self.body.finish()
        except PlatformError:
            return b""
