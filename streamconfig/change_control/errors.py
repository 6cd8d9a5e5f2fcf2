"""Why a change request can't go the way that somebody asked."""

from __future__ import annotations

from collections.abc import Iterable

from eventplatform.core.errors import RejectedError
from streamconfig.configuration.authorship import Forbidden
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


class ForbiddenFieldError(RejectedError):
    """The request would change what its author may not even ask for."""

    code = "change.forbidden_field"
    http_status = 403
    message = "{summary}"
    remedy = "Leave it as it is, or let somebody ask who may: an engineer, an administrator, or the owning team."

    def __init__(self, places: Iterable[Forbidden]) -> None:
        self.places = tuple(places)
        first = self.places[0]
        more = f" (and {len(self.places) - 1} more places)" if len(self.places) > 1 else ""
        pointer = "".join("/" + part for part in (first.section, first.name, *first.path.split(".")) if part)
        super().__init__(pointer=pointer, summary=f"{first.place}: {first.why_not}{more}")


class MomentPassedError(RejectedError):
    """A change is to begin at a moment that is over: nobody may rewrite what held."""

    code = "change.moment_passed"
    http_status = 409
    message = "Its moment, {moment}, has passed."
    remedy = "Set a moment that is still to come, or none, so that it holds once it is approved."


class MomentFarError(RejectedError):
    """A change is to begin so late that the year must be a typing mistake."""

    code = "change.moment_too_far"
    message = "Its moment, {moment}, is more than a thousand years away."
    remedy = "Set an earlier moment, or none, so that it holds once it is approved."


class RevisionMissingError(RejectedError):
    """There is no revision of that number."""

    code = "revision.not_found"
    http_status = 404
    message = "There is no revision {number}."
    remedy = "Look at the list of revisions."


class ItemMissingError(RejectedError):
    """Something names an instrument, or another item of a section, that isn't there."""

    code = "item.not_found"
    http_status = 404
    message = "There is no {name} in {section}."
    remedy = "Look at the list; it may have been removed meanwhile."


class ChoiceError(RejectedError):
    """A conflict is to be decided in a way that there isn't."""

    code = "change.bad_choice"
    message = "{place} can't be decided with {choice}."
    remedy = "Choose mine or theirs for each place that is in conflict now; reload the page to see them."
