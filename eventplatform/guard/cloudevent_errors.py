"""Why a CloudEvent is refused; the others of its batch are judged all the same."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError


class CloudEventError(RejectedError):
    """What was sent as a CloudEvent is no JSON object."""

    code = "cloudevent.not_an_object"
    outcome = "invalid"
    message = "A CloudEvent must be a JSON object, not {kind}."
    remedy = "Send one object as application/cloudevents+json, or an array as application/cloudevents-batch+json."


class AttributeMissingError(RejectedError):
    """A required attribute is absent."""

    code = "cloudevent.attribute_missing"
    outcome = "invalid"
    message = "The CloudEvent lacks the attribute {name}."
    remedy = "Set specversion, id, source and type; in binary mode as the headers ce-specversion, ce-id, ce-source and ce-type."


class AttributeInvalidError(RejectedError):
    """An attribute is no text of CloudEvents, or not of its format."""

    code = "cloudevent.bad_attribute"
    outcome = "invalid"
    message = "The attribute {name} of the CloudEvent must be {expected}."
    remedy = "Send it as CloudEvents 1.0 defines it; in binary mode anything but printable ASCII is percent-encoded."


class SourceUnknownError(RejectedError):
    """The service maps no stream to this source. A client never names its stream itself in a CloudEvent."""

    code = "cloudevent.source_unknown"
    http_status = 403
    message = "This service takes no events of that source."
    remedy = "Have the source mapped to a stream in the service's `sources`, or check its spelling: all of it must match."


class DataSchemaError(RejectedError):
    """`dataschema` is neither a schema's id nor an address of one here."""

    code = "cloudevent.bad_dataschema"
    outcome = "invalid"
    message = "The CloudEvent's dataschema must be an id such as /sample/test_event/1.0.0, or its address on this platform."
    remedy = "Register the schema here, and name it by its id; schemas elsewhere are never fetched."


class DataInvalidError(RejectedError):
    """The data is no JSON object, so it can't become an event."""

    code = "cloudevent.bad_data"
    outcome = "invalid"
    message = "The CloudEvent's data can't become an event: {reason}."
    remedy = "Send an object as data with datacontenttype application/json, or the same in data_base64."
