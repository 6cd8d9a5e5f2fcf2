"""What the connectors' API refuses by itself."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError


class SignInNeededError(RejectedError):
    """Nobody is known by what the request shows."""

    code = "connectors_api.sign_in_needed"
    http_status = 401
    message = "Connectors are operated by people and programs with an account: no valid token or session was sent."
    remedy = "Make a token at /account and send it as Authorization: Bearer …"


class NotAllowedError(RejectedError):
    """Somebody is known, and may not do this."""

    code = "connectors_api.not_allowed"
    http_status = 403
    message = "{reason}"
    remedy = "Ask for the permission {permission}; with a session, send the X-CSRFToken header."


class MethodError(RejectedError):
    """An address doesn't know the method."""

    code = "connectors_api.bad_method"
    http_status = 405
    message = "This address takes {allowed} alone."
    remedy = "See /api/schema."


class BodyError(RejectedError):
    """The JSON of a request is not what the address takes."""

    code = "connectors_api.bad_body"
    message = "{reason}"
    remedy = "See /api/schema for what the body may hold."


class NotThereError(RejectedError):
    """No connector, target or back-fill of that name."""

    code = "connectors_api.not_there"
    http_status = 404
    message = "There is no {kind} {name}."
    remedy = "List them at {list}."


class NameTakenError(RejectedError):
    """What shall be made is there already."""

    code = "connectors_api.name_taken"
    http_status = 409
    message = "There is a {kind} {name} already."
    remedy = "Change it with PUT or PATCH, or choose another name."


class ChangedMeanwhileError(RejectedError):
    """`If-Match` names another state than the present one."""

    code = "connectors_api.changed_meanwhile"
    http_status = 412
    message = "{name} was changed by somebody else since you read it."
    remedy = "Read it again, and make your change to what it is now."


class NotStoppedError(RejectedError):
    """Offsets can be moved while the connector is stopped, not while it runs or is paused."""

    code = "connectors_api.not_stopped"
    http_status = 409
    message = "The connector {name} is not stopped."
    remedy = "Stop it first: PUT /api/v1/connectors/{name}/stop"
