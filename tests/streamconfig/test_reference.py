"""The reference's behaviour: every case of its vectors, and production's configuration as its API answers it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from streamconfig.compatible import constraints
from streamconfig.configuration import document
from streamconfig.configuration.merge import array_replace_recursive
from streamconfig.configuration.stream_set import StreamSet

VECTORS = "streamconfigs_vectors.json"


def data(name: str) -> Any:
    path = Path(settings.REFERENCE_DATA_DIR) / name
    if not path.exists():
        pytest.skip(f"{name} is not in REFERENCE_DATA_DIR")
    return json.loads(path.read_text())


def test_queries__of_the_vectors__answer_as_the_reference() -> None:
    vectors = data(VECTORS)
    streams = StreamSet(document.read({"defaults": vectors["defaults"], "streams": vectors["streams"]}))

    for query in vectors["queries"]:
        names = None if query["streams"] is None else [name for name in query["streams"].split("|") if name]
        wanted = None if query["constraints"] is None else constraints.parse(query["constraints"].split("|"))
        found = streams.select(names, wanted)

        assert wanted == query["parsed_constraints"], query["constraints"]
        assert list(found) == query["result_names"], query
        if query["result"] is not None:
            assert found == query["result"]
            assert keys_in_order(found) == keys_in_order(query["result"])


def keys_in_order(value: Any) -> Any:
    return [(key, keys_in_order(held)) for key, held in value.items()] if isinstance(value, dict) else None


def test_merge__of_the_vectors__is_phps() -> None:
    for case in data(VECTORS)["merge_array_replace_recursive"]:
        assert array_replace_recursive(case["default"], case["setting"]) == case["result"]


def test_validation__of_the_vectors__refuses_the_same() -> None:
    for case in data(VECTORS)["validation"]:
        _, problems = document.read_entry(case["stream"], case["settings"])

        assert bool(problems) == bool(case["error"])


def test_production__imported__answers_as_the_reference_does_for_metawiki() -> None:
    production = data("stream-config-production.json")
    expected = data("streamconfigs-production-metawiki.json")["streams"]

    streams = StreamSet(document.read({"defaults": production["defaults"]["default"], "streams": production["streams"]}))

    found = streams.select(None)
    assert streams.problems == ()
    assert [name for name in expected if found.get(name) != expected[name]] == []
    assert keys_in_order(found) == keys_in_order(expected)
