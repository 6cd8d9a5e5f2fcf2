"""Why an address about schemas can't be answered."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError, RetriableError


class NoSuchFileError(RejectedError):
    """Nothing is published at this place of a repository."""

    code = "repository.no_such_file"
    http_status = 404
    message = "Nothing is published at /repositories/{place}."
    remedy = "Look at /repositories/ for what is there, or import the version first."


class NoSuchSchemaError(RejectedError):
    """The title, or this version of it, is not published."""

    code = "schema.not_found"
    http_status = 404
    message = "No schema {schema} is published."
    remedy = "Look at /api/v1/schemas for what is; a new version must be imported first."


class NoSuchRepositoryError(RejectedError):
    """No repository has that name."""

    code = "repository.not_found"
    http_status = 404
    message = "There is no repository {name}."
    remedy = "Look at /repositories/ for the names."


class MethodError(RejectedError):
    """The address takes other methods."""

    code = "method.not_allowed"
    http_status = 405
    message = "This address takes {allowed} only."
    remedy = "Use {allowed}."


class NotAcceptableError(RejectedError):
    """Nothing on offer is what the client's `Accept` names."""

    code = "accept.none_fits"
    http_status = 406
    message = "This can be had as {offers} only."
    remedy = "Name one of these in Accept, or ask for the address that ends with .yaml or .json."


class QueryInvalidError(RejectedError):
    """A parameter of the address can't be understood."""

    code = "query.invalid"
    message = "The parameter {name} can't be understood: {reason}"
    remedy = "Correct the parameter; /api/schema says what each may be."


class RequestRefusedError(RejectedError):
    """The framework refused the request before anything was looked at."""

    code = "request.refused"
    message = "{reason}"
    remedy = "Look at /api/schema for what this address takes."


class LoginNeededError(RejectedError):
    """Reading is open; what costs time is for people who signed in, where pages need a login."""

    code = "login.needed"
    http_status = 401
    message = "Sign in to do this."
    remedy = "Send the name and password of an account (Authorization: Basic …)."


class BusyError(RetriableError):
    """Other checks are at work; each takes a processor for itself."""

    code = "check.busy"
    message = "Other checks are at work."
    remedy = "Try again in some seconds."


class NoExampleError(RejectedError):
    """A program sends an example, and the schema gives none."""

    code = "schema.no_example"
    http_status = 404
    message = "The schema {schema} gives no example to send."
    remedy = "Add one under examples in the next version."


class FilesError(RejectedError):
    """The body of a check is not what it should be."""

    code = "check.bad_body"
    message = "The body can't be checked: {reason}."
    remedy = 'Send {{"repository": "<name>", "files": {{"jsonschema/<title>/<version>.yaml": "<text>"}}}}.'
