"""What can stand in the way of changing, reviewing or publishing a draft."""

from __future__ import annotations

from collections.abc import Sequence

from eventplatform.core.errors import RejectedError
from registry.schema.repository_files import Problem


class DraftForbiddenError(RejectedError):
    """This person, or anybody, can't do that to the draft now."""

    code = "draft.forbidden"
    http_status = 403
    message = "{label}: not now. {why_not}"
    remedy = "The draft's page says who can."


class DraftChangedError(RejectedError):
    """The draft changed after it was looked at; the decision or the text would be about another one."""

    code = "draft.changed_meanwhile"
    http_status = 409
    message = "{who} changed the draft meanwhile: it is at edit {edit}, you looked at edit {seen}."
    remedy = "Look at what it says now; what you wrote is kept on this page until you leave it."


class DraftNotReadyError(RejectedError):
    """The text has errors that nothing waives."""

    code = "draft.not_ready"
    http_status = 409
    message = "The draft has {count} errors; the first: {first}"
    remedy = "Mend them, or let an engineer waive a guideline with a reason and an end."


class ReasonMissingError(RejectedError):
    """A submission or a rejection without a word for the other side."""

    code = "draft.reason_missing"
    message = "{label} needs a reason."
    remedy = "Say in a sentence what changes and why, or what has to become different."


class BaseMovedError(RejectedError):
    """Another version was published since the draft began, perhaps this very one."""

    code = "draft.base_moved"
    http_status = 409
    message = "{latest} of {title} was published meanwhile; this draft was made from {base}."
    remedy = "Open the draft, take over what {latest} changed, raise the version in $id and submit it again."


class DraftTitleError(RejectedError):
    """No title can be written like that."""

    code = "draft.title"
    message = "{title} is no schema title."
    remedy = "Write letters, digits, _ - . and / as in team/click; 190 characters at most, no part called latest or current."


class DraftTitleWordsError(RejectedError):
    """A new title that the repository's guidelines don't allow."""

    code = "draft.title_words"
    message = "The title {title} is not a path of small words."
    remedy = "Write small letters, digits and single - or _ between words, as in team/button_click."


class DraftTitleTakenError(RejectedError):
    """The title lives in another repository."""

    code = "draft.title_taken"
    http_status = 409
    message = "The title {title} belongs to the repository {owner}."
    remedy = "Change it there, or choose another title."


class NotManagedError(RejectedError):
    """The repository's versions come from elsewhere."""

    code = "draft.not_managed"
    message = "The platform doesn't own the repository {repository}: its versions come from its files."
    remedy = "Commit to that repository, or draft in a managed one."


class PublicationRefusedError(RejectedError):
    """The import of the new commit was refused; nothing was published."""

    code = "draft.publication_refused"
    http_status = 409
    message = "Nothing was published: {first}"
    remedy = "Mend it in the draft and submit it again."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(first=str(self.problems[0]))
