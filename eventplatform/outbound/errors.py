"""Why a request to somebody else's server is not made, or came to nothing."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError, RetriableError


class OutboundUrlError(RejectedError):
    """The URL is none that the platform calls, however it is meant."""

    code = "outbound.bad_url"
    message = "{reason}"
    remedy = "Write it as https://host/path: a host's name or a plain address, no user, no password."


class PrivateAddressError(RejectedError):
    """The host leads into an inner network."""

    code = "outbound.private_address"
    message = "{host} has the address {address}, which is not one of the public network."
    remedy = "If it is really meant, let an operator add the host to OUTBOUND_PRIVATE_HOSTS."


class AnswerTooBigError(RejectedError):
    """The server answers more than is read."""

    code = "outbound.too_big"
    message = "{host} answers more than {max_bytes} bytes."
    remedy = "Ask it for less."


class OutboundUnreachableError(RetriableError):
    """The host did not answer, or not as HTTP."""

    code = "outbound.unreachable"
    message = "{host} can't be reached: {reason}."
    remedy = "See that the address is right and the server runs; then try again."


class OutboundSlowError(RetriableError):
    """The whole request took longer than it may."""

    code = "outbound.too_slow"
    message = "{host} did not answer within {seconds} seconds."
    remedy = "Try again later, or ask whoever runs that server."
