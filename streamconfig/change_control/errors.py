"""Why a change request can't go the way that somebody asked."""

from __future__ import annotations

from collections.abc import Iterable

from eventplatform.core.errors import RejectedError
from streamconfig.configuration.changes import Conflict


class RequestMissingError(RejectedError):
    """No change request has that number."""

    code = "change.not_found"
    http_status = 404
    message = "There is no change request {number}."
    remedy = "Look at the list of changes."


class RequestStateError(RejectedError):
    """The request is not in a state in which this can be done."""

    code = "change.wrong_state"
    http_status = 409
    message = "Change {number} is {state}, so it can't be {verb}."
    remedy = "Reload its page: somebody may have decided meanwhile."


class RequestEditedError(RejectedError):
    """Somebody edited the request after the page was opened."""

    code = "change.edited_meanwhile"
    http_status = 409
    message = "Change {number} was edited after you opened it."
    remedy = "Reload its page and look at what it says now."


class RequestForbiddenError(RejectedError):
    """The person may not do this to the request."""

    code = "change.forbidden"
    http_status = 403
    message = "{why_not}"
    remedy = "Ask somebody who may: the page of the change names them."


class RequestEmptyError(RejectedError):
    """The request would change nothing."""

    code = "change.empty"
    message = "Nothing differs from what holds already."
    remedy = "Change something, or leave it as it is."


class RequestReasonError(RejectedError):
    """A verb that others will want to understand came without a reason."""

    code = "change.reason_missing"
    message = "Say why."
    remedy = "Write a sentence that a colleague understands in a year."


class ConflictError(RejectedError):
    """What the request expects to find was changed by somebody else."""

    code = "change.conflict"
    http_status = 409
    message = "{summary}"
    remedy = "Open the change and decide for each named place which value shall hold."

    def __init__(self, conflicts: Iterable[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        places = ", ".join(one.place for one in self.conflicts[:3])
        more = f" and {len(self.conflicts) - 3} more" if len(self.conflicts) > 3 else ""  # noqa: PLR2004  # three fit
        super().__init__(summary=f"Somebody else changed {places}{more} meanwhile.")
