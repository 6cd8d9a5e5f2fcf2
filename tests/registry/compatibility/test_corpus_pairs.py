"""The reference's own versions: every pair of neighbours within a major, judged, and judged quickly."""

from __future__ import annotations

import time
from itertools import pairwise

from eventplatform.core import names
from registry.compatibility import compare
from tests.registry import corpus

# Which pairs are not plainly backward, forward and of enough bump, as read by hand.
ADDED_TO_CLOSED = {
    "/error/2.1.0",
    "/fragment/mediawiki/state/change/page/1.1.0",
    "/mediawiki/page/change/1.1.0",
    "/mediawiki/page/prediction_classification_change/1.1.0",
}
NO_LONGER_REQUIRED = {"/fragment/mediawiki/state/change/page/1.2.0", "/mediawiki/page/change/1.2.0"}
CLOSED = {"/fragment/common/1.1.0"}
FIELD_REMOVED = {"/fragment/http/1.2.0", "/mediawiki/client/error/1.1.0"}


def neighbours() -> list[tuple[str, str]]:
    versions: dict[str, list[str]] = {}
    for schema_id in corpus.versions():
        title, version = names.split_schema_id(schema_id)
        versions.setdefault(title, []).append(version)
    return [
        (f"/{title}/{old}", f"/{title}/{new}")
        for title, found in versions.items()
        for old, new in pairwise(sorted(found, key=names.version_key))
        if old.split(".")[0] == new.split(".")[0]
    ]


def test_compare__real_pairs__judged_as_by_hand() -> None:
    documents = corpus.versions()
    compared = {new: compare(documents[old], documents[new]) for old, new in neighbours()}

    assert len(compared) == 15
    assert {new for new, one in compared.items() if not one.backward.holds} == CLOSED
    assert {new for new, one in compared.items() if not one.forward.holds} == ADDED_TO_CLOSED | NO_LONGER_REQUIRED
    assert {new for new, one in compared.items() if one.breaking} == CLOSED | NO_LONGER_REQUIRED | FIELD_REMOVED
    assert {new for new, one in compared.items() if not one.is_enough} == CLOSED | NO_LONGER_REQUIRED | FIELD_REMOVED
    assert [new for new, one in compared.items() if one.opinion.agrees is not True] == []


def test_compare__a_version_with_itself__nothing_changed() -> None:
    for document in corpus.versions().values():
        comparison = compare(document, document, with_opinion=False)

        assert (comparison.changes, comparison.bump, comparison.headline) == ((), "none", "No change")


def test_compare__largest_pair__within_five_milliseconds() -> None:
    documents = corpus.versions()
    pairs = [
        (documents[f"/mediawiki/page/change/{old}"], documents["/mediawiki/page/change/1.2.0"]) for old in ("1.0.0", "1.1.0")
    ]

    def seconds(number: int) -> float:
        before = time.process_time()
        compare(*pairs[number], with_opinion=False)
        return time.process_time() - before

    assert max(min(seconds(number) for _ in range(7)) for number in range(2)) < 0.005
