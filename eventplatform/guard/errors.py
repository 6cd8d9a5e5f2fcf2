"""Why a request is refused before any of its events is looked at."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError


class BodyEmptyError(RejectedError):
    """There is nothing in the body, or only an empty array or object."""

    code = "body.empty"
    message = "Request body was empty. Must provide JSON encoded events."  # EventGate's sentence
    remedy = "Send one event as a JSON object, or an array of events."


class BodyTooLargeError(RejectedError):
    """The body is larger than this intake takes, by its own word or by count."""

    code = "body.too_large"
    http_status = 413
    message = "The request body has more than the {limit} bytes allowed."
    remedy = "Send fewer events in one request."


class DecodedTooLargeError(RejectedError):
    """The body is packed so well that it is larger than this intake takes once it is unpacked."""

    code = "body.decoded_too_large"
    http_status = 413
    message = "The request body has more than the {limit} bytes allowed once it is decompressed."
    remedy = "Send fewer events in one request."


class TooManyEventsError(RejectedError):
    """More events than one request may carry."""

    code = "body.too_many_events"
    http_status = 413
    message = "The request carries {count} events, more than the {limit} allowed."
    remedy = "Send fewer events in one request."


class BodyTruncatedError(RejectedError):
    """The body ended before the length that the client announced."""

    code = "body.truncated"
    message = "The body ended after {size} of the {announced} bytes announced."
    remedy = "Send the whole body again."


class BodyBrokenError(RejectedError):
    """A body sent in chunks ended before its last chunk, or one of them is malformed."""

    code = "body.broken"
    message = "The chunks of the body broke off after {size} bytes."
    remedy = "Send the whole body again, in chunks as HTTP/1.1 frames them."


class LengthInvalidError(RejectedError):
    """Content-Length is no number."""

    code = "body.bad_length"
    message = "Content-Length must be a whole number of bytes."
    remedy = "Let the HTTP client set Content-Length."


class ContentTypeError(RejectedError):
    """The content type is none that carries events. EventGate calls such a body empty; we say what is wrong."""

    code = "body.content_type"
    http_status = 415
    message = "Events can't be read from this content type."
    remedy = (
        "Send Content-Type: application/json; text/plain, application/reports+json, application/x-ndjson, application/json-seq "
        "and application/cloudevents+json and -batch+json are read too."
    )


class CharsetError(RejectedError):
    """JSON travels as UTF-8 (RFC 8259); another charset was named."""

    code = "body.charset"
    http_status = 415
    message = "The body's charset must be UTF-8."
    remedy = "Encode the body as UTF-8, or leave the charset out of Content-Type."


class ContentEncodingError(RejectedError):
    """The body is compressed in a way that isn't read here, or twice."""

    code = "body.content_encoding"
    http_status = 415
    message = "Of the content encodings gzip, deflate, br and zstd a body may have one."
    remedy = "Compress the body once, with one of these, or send it without Content-Encoding."


class BodyUndecodableError(RejectedError):
    """The body is not what its Content-Encoding says, ends early, or goes on after its end."""

    code = "body.undecodable"
    message = "The body can't be decompressed as {encoding}: {reason}."
    remedy = "Send exactly what the compressor wrote, all of it, and name its format in Content-Encoding."


class JsonInvalidError(RejectedError):
    """The body is no JSON, as RFC 8259 means it: no NaN, no lone surrogates, no byte order mark."""

    code = "json.invalid"
    outcome = "invalid"
    message = "The body is not valid JSON: {reason}."
    remedy = "Send UTF-8 encoded JSON; NaN, Infinity, byte order marks and lone surrogates are not JSON."


class JsonTooDeepError(RejectedError):
    """Objects and arrays are nested deeper than any event needs."""

    code = "json.too_deep"
    outcome = "invalid"
    message = "The body nests deeper than {limit} levels."
    remedy = "Flatten the event."


class TooManyKeysError(RejectedError):
    """One object has more members than any event needs."""

    code = "json.too_many_keys"
    outcome = "invalid"
    message = "An object has more than the {limit} keys allowed."
    remedy = "Send what has no fixed names as an array of objects."


class TooManyValuesError(RejectedError):
    """All objects and arrays of the body together hold more than is worth parsing."""

    code = "json.too_many_values"
    http_status = 413
    message = "The body holds more than {limit} values in its objects and arrays."
    remedy = "Send fewer events in one request, or less in an event."


class NumberOutOfRangeError(RejectedError):
    """A whole number that can't be stored without changing it."""

    code = "json.number_out_of_range"
    outcome = "invalid"
    message = "The number {text} does not fit 64 bits and would be changed silently."
    remedy = "Send it as a string, if the schema allows."


class NullCharacterError(RejectedError):
    """A text holds U+0000, which databases can't store."""

    code = "json.null_character"
    outcome = "invalid"
    message = "A text holds the character U+0000, which can't be stored."
    remedy = "Leave the character out."


class QueryValueError(RejectedError):
    """A value of the query holds characters that no name has."""

    code = "query.bad_value"
    message = "The query's {parameter} must be printable ASCII, at most {limit} characters."
    remedy = "Name a stream or a schema id as it is configured."


class NotEventsError(RejectedError):
    """The body is JSON, but neither object nor array."""

    code = "body.not_events"
    message = "The body must be one event (a JSON object) or an array of events, not {kind}."
    remedy = "Send one event as a JSON object, or an array of events."
