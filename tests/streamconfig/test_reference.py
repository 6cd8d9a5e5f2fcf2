"""The reference's behaviour: every case of its vectors, and production's configuration as its API answers it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from streamconfig.compatible import constraints
from streamconfig.configuration import document
from streamconfig.configuration.changes import changes_between
from streamconfig.configuration.merge import array_replace_recursive
from streamconfig.configuration.scopes import resolve, scoped
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.exchange import files

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


def file_of_production() -> document.Document:
    content = json.dumps(data("stream-config-production.json")).encode()
    return document.read(files.read(content, form="json", before=document.Document()).document)


def test_production__imported_as_it_is__answers_as_the_reference_does_for_metawiki() -> None:
    production = file_of_production()
    expected = data("streamconfigs-production-metawiki.json")["streams"]

    found = StreamSet(scoped(production, resolve(production, "metawiki"), "production")).select(None)

    assert production.problems == ()
    assert (len(found), [name for name in expected if found.get(name) != expected[name]]) == (244, [])
    assert keys_in_order(found) == keys_in_order(expected)


@pytest.mark.parametrize(
    ("scope", "rate", "is_sent_by_eventbus"),
    [
        ("metawiki", 0.2, False),
        ("enwiki", 0.01, False),
        ("testwiki", 1, False),
        ("officewiki|private", 0, True),
        ("officewiki", 0, False),
        ("arbcom_dewiki|private", 0.2, True),
    ],
)
def test_production__overrides__hold_for_their_sites(scope: str, rate: float, *, is_sent_by_eventbus: bool) -> None:
    production = file_of_production()
    expected = data("streamconfigs-production-metawiki.json")["streams"]

    found = StreamSet(scoped(production, resolve(production, scope), "production")).select(None)

    assert set(found) == set(expected)
    assert found["mediawiki.web_ui_actions"]["sample"] == {"rate": rate, "unit": "session"}
    private = found["mediawiki.page_change.private.v1"]["producers"]["mediawiki_eventbus"]
    assert private == {"enabled": is_sent_by_eventbus}
    named = production.section("overrides")
    touched = {name for key in ("+enwiki", "+testwiki", "+officewiki", "+private") for name in named[key]["streams"]}
    if "private" not in scope:  # which changes the defaults of all
        assert {name for name in expected if found[name] != expected[name]} <= touched


def test_production__defaults_of_a_tag__are_below_every_stream_of_its_sites() -> None:
    production = file_of_production()

    found = StreamSet(scoped(production, resolve(production, "x|private"), "")).select(["test.instrumentation"])

    assert found["test.instrumentation"]["producers"]["mediawiki_eventbus"] == {"enabled": False}


def test_api_answer__imported__answers_the_same() -> None:
    expected = data("streamconfigs-production-metawiki.json")
    content = json.dumps(expected).encode()

    for before in (document.Document(), document.Document(file_of_production().defaults)):
        given = files.read(content, form="json", before=before)
        found = StreamSet(document.read({"defaults": before.defaults, **given.document})).select(None)

        assert found == expected["streams"]
        assert keys_in_order(found) == keys_in_order(expected["streams"])


def test_api_answer__of_what_holds_already__changes_nothing() -> None:
    production = file_of_production()
    content = json.dumps(data("streamconfigs-production-metawiki.json")).encode()

    given = files.read(content, form="json", before=production)

    assert changes_between(production.as_json(), document.read({**production.as_json(), **given.document}).as_json()) == []


@pytest.mark.parametrize("form", ["yaml", "json", "php"])
def test_production__written_and_read_again__is_the_same(form: str) -> None:
    production = file_of_production()

    text = files.write(production, form)

    again = document.read(files.read(text.encode(), form=form, before=document.Document()).document)
    assert changes_between(production.as_json(), again.as_json()) == []
    assert keys_in_order(again.as_json()["streams"]) == keys_in_order(production.as_json()["streams"])
