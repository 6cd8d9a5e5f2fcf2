"""Why a read of the API can't be answered."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError, RetriableError


class MomentInvalidError(RejectedError):
    """`?at=` names no moment."""

    code = "query.bad_moment"
    message = "at={text} is no moment{why}."
    remedy = "Write it as 2026-12-01T00:00:00Z, or with an offset, whose + is %2B in an address."


class ParameterInvalidError(RejectedError):
    """A parameter can't be understood."""

    code = "query.bad_parameter"
    message = "The parameter {name} can't be understood: {reason}"
    remedy = "See /api/schema for what it may be."


class ApiBusyError(RetriableError):
    """Too many answers that nobody had asked for before are being made at once."""

    code = "api.busy"
    message = "Too many answers are being made at once."
    remedy = "Send it again after the time that Retry-After names; answers that are known already are given at any time."


class SignInError(RejectedError):
    """Who asks isn't known, and this deployment shows its pages to people that it knows."""

    code = "api.sign_in"
    http_status = 401
    message = "This is shown to people who are known: no valid token or session was sent."
    remedy = "Make a token at /account and send it as Authorization: Bearer …"
