"""What the client raises: only for mistakes that stand in the caller's own code, never for what the network does."""

from __future__ import annotations


class ClientError(Exception):
    """`code` is stable; the message says what to do, and holds no secret and no event."""

    code = "client.failed"


class OptionError(ClientError, ValueError):
    """A client can't be made so."""

    code = "client.option"


class QueueFullError(ClientError):
    """No room for an event, of a client that was made with `when_full="raise"`."""

    code = "client.full"
