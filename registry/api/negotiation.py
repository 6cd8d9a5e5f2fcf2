"""Which of the forms on offer a client wants: `Accept` as RFC 9110 §12.5.1 reads it."""

from __future__ import annotations

from collections.abc import Sequence

from eventplatform.core.accepting import OF_NO_USE, ranges


def preferred(accept: str | None, offers: Sequence[str]) -> str | None:
    """The media type of `offers` that fits best, the first for a client without a wish; None where none is acceptable.

    The most specific range that covers a type decides its weight. Between equal weights the more specific wish wins, then
    the one named first, then the order of the offers.
    """
    wishes = list(ranges(accept or "*/*"))
    if not wishes:
        return offers[0]
    best: tuple[tuple[float, int, int], str] | None = None
    for offer in offers:
        rank = _rank(offer, wishes)
        if rank[0] > OF_NO_USE and (best is None or rank > best[0]):
            best = rank, offer
    return best[1] if best else None


def _rank(offer: str, wishes: Sequence[tuple[str, float]]) -> tuple[float, int, int]:
    """Weight, specificity and place of the range that decides about `offer`; a higher one is better."""
    kind = offer.partition("/")[0]
    for specificity, pattern in ((2, offer), (1, f"{kind}/*"), (0, "*/*")):
        for place, (named, weight) in enumerate(wishes):
            if named == pattern:
                return weight, specificity, -place
    return OF_NO_USE, 0, 0
