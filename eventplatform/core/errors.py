"""Errors with a stable code, the place and the remedy, in three families that tell a loop what to do."""

from __future__ import annotations

from typing import ClassVar


class PlatformError(Exception):
    """Base of all errors that a user may see.

    A subclass states its `code` (stable, `noun.condition`), `http_status`, `message` and `remedy`; both texts are
    formatted with the facts given at raising. `pointer` is the JSON pointer (RFC 6901) of the place in the document.
    """

    code: ClassVar[str] = "platform.error"
    http_status: ClassVar[int] = 500
    message: ClassVar[str] = "Something went wrong."
    remedy: ClassVar[str] = ""

    def __init__(self, *, pointer: str = "", **facts: object) -> None:
        self.pointer = pointer
        self.facts = facts
        super().__init__(self.message.format(**facts))

    @property
    def hint(self) -> str:
        """What to do about it, with this error's facts filled in."""
        return self.remedy.format(**self.facts)

    @property
    def retry_after_seconds(self) -> int | None:
        """When the same may go well; None where trying again changes nothing."""
        return None


class RetriableError(PlatformError):
    """The world is at fault for the moment: try the same again later."""

    code = "platform.unavailable"
    http_status = 503

    @property
    def retry_after_seconds(self) -> int:
        """When to try again."""
        return 2


class RejectedError(PlatformError):
    """This event or record is at fault: refuse it or set it aside, and go on with the rest."""

    code = "event.rejected"
    http_status = 400
    outcome: ClassVar[str] = "denied"  # the word of `results.Outcome` under which the intake counts it


class FatalError(PlatformError):
    """Going on would do harm: stop, and let a person choose."""

    code = "platform.stopped"
