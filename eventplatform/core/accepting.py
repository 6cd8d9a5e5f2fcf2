"""What a client takes, as its `Accept` headers weigh it (RFC 9110 §12.4 and §12.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

OF_NO_USE = 0.0  # the weight that refuses
_MAX_RANGES = 64  # of a header; nobody honest names more


def takes_gzip(accept_encoding: str) -> bool:
    """True where gzip is named, itself or by `*`, with a weight above 0 that is not below what `identity` is given.

    A client without the header would have to take anything. It gets the plain form, since many such can't unpack.
    """
    weights = dict(ranges(accept_encoding))
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", OF_NO_USE)))
    return weight > OF_NO_USE and weight >= weights.get("identity", OF_NO_USE)


def ranges(header: str) -> Iterator[tuple[str, float]]:
    """Each range with its weight; parameters but `q` are of no matter here. What can't be read is passed over."""
    for part in header.split(",", _MAX_RANGES)[:_MAX_RANGES]:
        name, *parameters = (piece.strip() for piece in part.lower().split(";"))
        if name:
            yield name, _weight(parameters)


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 1.0
            return weight if 0.0 <= weight <= 1.0 else 1.0
    return 1.0
