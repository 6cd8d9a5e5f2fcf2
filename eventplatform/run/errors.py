"""Why a start can't go on, each in one sentence with its remedy."""

from __future__ import annotations

from eventplatform.core.errors import FatalError


class PortBusyError(FatalError):
    """Another program listens where a role of ours should."""

    code = "run.port_busy"
    message = "Port {port}, wanted for {role}, is in use by {owner}."
    remedy = "Stop it, or choose other ports: make run PORT={other}"


class PortUnusableError(FatalError):
    """The port is no port, or one that this user may not open."""

    code = "run.port_unusable"
    message = "PORT={port} can't be used: {reason}."
    remedy = "Choose one between 1024 and 65531: make run PORT=9000"


class StepFailedError(FatalError):
    """A step of the start ended with an error."""

    code = "run.step_failed"
    message = "The step {step!r} failed: {reason}."
    remedy = "Read {log}; a start after the repair goes on where this one stopped."


class RoleSilentError(FatalError):
    """A role was started and does not answer."""

    code = "run.role_silent"
    message = "The role {role} does not answer within {seconds:.0f} s."
    remedy = "Read {log}."
