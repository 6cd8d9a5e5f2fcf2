"""Random schemas, mutations and events: what is affirmed has no counter-example, by our reading and by jsonschema-rs's."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.compatibility import compare
from registry.compatibility.reading import as_sent
from registry.schema import validators
from tests.registry.compatibility import made_up

SEEDS = st.integers(min_value=0, max_value=2**32)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(SEEDS)
def test_compare__direction_affirmed__every_event_of_one_passes_the_other(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # the seed is what hypothesis shrinks
    old = made_up.schema(chance)
    new = made_up.mutated(chance, old)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return

    comparison = compare(old, new)

    for verdict, narrow, wide in ((comparison.backward, old, new), (comparison.forward, new, old)):
        if verdict.holds:
            assert getattr(comparison.opinion, verdict.direction) != "no"
            sent, judge = validators.validator(as_sent(narrow, wide), "ajv6"), validators.validator(wide, "ajv6")
            for _ in range(40):
                value = made_up.value(chance, narrow)
                assert judge.is_valid(value) or not sent.is_valid(value), value


def test_compare__unchanged_or_reordered__nothing_changed() -> None:
    chance = random.Random(5)  # noqa: S311  # repeatable
    for _ in range(200):
        schema = made_up.schema(chance)
        if isinstance(schema, dict):
            assert compare(schema, dict(reversed(schema.items()))).changes == ()


def test_compare__direction_denied__mostly_an_event_shows_it() -> None:
    """A denial without a witness is a false alarm or a rare event; their share is watched, not forbidden."""
    chance = random.Random(11)  # noqa: S311  # repeatable
    found: Counter[bool] = Counter()
    for _ in range(400):
        old = made_up.schema(chance)
        new = made_up.mutated(chance, old)
        if not isinstance(old, dict) or not isinstance(new, dict) or compare(old, new).backward.holds:
            continue
        sent, judge = validators.validator(as_sent(old, new), "ajv6"), validators.validator(new, "ajv6")
        values = [made_up.value(chance, chance.choice([old, new])) for _ in range(80)]
        found[any(sent.is_valid(value) and not judge.is_valid(value) for value in values)] += 1

    assert found[True] > 2 * found[False]
