"""Why a message about alerts did not go out, or a request about them is refused."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError, RetriableError


class ReceiverGoneError(RejectedError):
    """A message waits for a receiver that was removed or switched off."""

    code = "alert.receiver_gone"
    message = "There is no receiver {name} any more, or it is switched off."
    remedy = "Nothing, if that is meant."


class ReceiverIncompleteError(RejectedError):
    """A receiver lacks what its kind needs."""

    code = "alert.receiver_incomplete"
    message = "The receiver {name} has no {lacks}."
    remedy = "Enter it in the admin, under receivers of alerts."


class ReceiverRefusedError(RetriableError):
    """A server answered anything but yes."""

    code = "alert.receiver_refused"
    message = "The receiver {name} answered {status}."
    remedy = "See at the receiving side why."


class MailNotSentError(RetriableError):
    """The mail server is away, or refuses the message."""

    code = "alert.mail_not_sent"
    message = "The mail server did not take it: {reason}."
    remedy = "See that EMAIL_URL leads to a mail server that takes mail for these addresses."


class AlertNotThereError(RejectedError):
    """No alert has that number, or it isn't open any more."""

    code = "alert.not_there"
    http_status = 404
    message = "There is no {state}alert {id}."
    remedy = "List them at /api/v1/alerts."


class BadAlertRequestError(RejectedError):
    """The query or the JSON of a request about alerts is not what the address takes."""

    code = "alert.bad_request"
    message = "{reason}"
    remedy = "See /api/schema for what it may hold."


class AlertSignInError(RejectedError):
    """Nobody is known by what the request shows."""

    code = "alert.sign_in_needed"
    http_status = 401
    message = "Alerts are handled by people and programs with an account: no valid token or session was sent."
    remedy = "Make a token at /account and send it as Authorization: Bearer …"


class AlertNotAllowedError(RejectedError):
    """Somebody is known, and may not do this."""

    code = "alert.not_allowed"
    http_status = 403
    message = "{reason}"
    remedy = "Ask for the permission monitoring.handle_alerts; with a session, send the X-CSRFToken header."
