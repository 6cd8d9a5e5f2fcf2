"""Which of the forms on offer a client wants: `Accept` and `Accept-Encoding` as RFC 9110 §12.5 reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_MAX_RANGES = 64  # of a header; nobody honest names more
_OF_NO_USE = 0.0


def preferred(accept: str | None, offers: Sequence[str]) -> str | None:
    """The media type of `offers` that fits best, the first for a client without a wish; None where none is acceptable.

    The most specific range that covers a type decides its weight. Between equal weights the more specific wish wins, then
    the one named first, then the order of the offers.
    """
    ranges = list(_ranges(accept or "*/*"))
    if not ranges:
        return offers[0]
    best: tuple[tuple[float, int, int], str] | None = None
    for offer in offers:
        rank = _rank(offer, ranges)
        if rank[0] > _OF_NO_USE and (best is None or rank > best[0]):
            best = rank, offer
    return best[1] if best else None


def takes_gzip(accept_encoding: str) -> bool:
    """True where the client says that it can unpack gzip."""
    weights = dict(_ranges(accept_encoding.lower()))
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", _OF_NO_USE))) > _OF_NO_USE


def _rank(offer: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int, int]:
    """Weight, specificity and place of the range that decides about `offer`; a higher one is better."""
    kind = offer.partition("/")[0]
    for specificity, pattern in ((2, offer), (1, f"{kind}/*"), (0, "*/*")):
        for place, (named, weight) in enumerate(ranges):
            if named == pattern:
                return weight, specificity, -place
    return _OF_NO_USE, 0, 0


def _ranges(header: str) -> Iterator[tuple[str, float]]:
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
