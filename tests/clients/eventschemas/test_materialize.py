"""`eventschemas materialize`: makes what is missing, in the order of need, and never changes what is committed."""

from __future__ import annotations

import pytest

from registry.schema import documents
from tests.clients.eventschemas.conftest import TITLE, Checkout

pytestmark = pytest.mark.slow  # each test makes a git repository

CURRENT = f"jsonschema/{TITLE}/current.yaml"


def test_materialize__new_version__file_and_links(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")

    outcome = checkout.run("materialize")

    folder = f"jsonschema/{TITLE}"
    assert outcome.code == 0
    assert outcome.out.split() == [f"{folder}/{name}" for name in ("1.1.0.yaml", "1.1.0", "latest", "latest.yaml")]
    assert (checkout.root / folder / "latest").readlink().as_posix() == "1.1.0.yaml"
    assert documents.load(checkout.read(f"{folder}/latest.yaml"))["$id"] == "/page/view/1.1.0"


def test_materialize__nothing_new__writes_nothing(checkout: Checkout) -> None:
    assert checkout.run("materialize").out == ""
    assert checkout.git("status", "--porcelain") == ""


def test_materialize__committed_version_would_change__refused(checkout: Checkout) -> None:
    before = checkout.read(f"jsonschema/{TITLE}/1.0.0.yaml")
    checkout.change(CURRENT, "What was done;", "Something else;")

    outcome = checkout.run("materialize")

    assert outcome.code == 1
    assert "EVOLVE-IMMUTABLE" in outcome.err
    assert checkout.read(f"jsonschema/{TITLE}/1.0.0.yaml") == before


def test_materialize__uncommitted_version__may_change_again(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")
    checkout.run("materialize")
    checkout.change(CURRENT, "What was done;", "Something else;")

    assert checkout.run("materialize").code == 0
    assert "Something else;" in checkout.read(f"jsonschema/{TITLE}/1.1.0.yaml")


def test_materialize__fragment_and_consumer_in_one_change__the_new_fragment_counts(checkout: Checkout) -> None:
    fragment = "title: fragment/z\n$id: /fragment/z/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\ntype: object\n"
    checkout.write("jsonschema/fragment/z/current.yaml", f"{fragment}properties:\n  a:\n    type: integer\n")
    consumer = fragment.replace("fragment/z", "a/b") + "allOf:\n  - $ref: /fragment/z/1.0.0\n"
    checkout.write("jsonschema/a/b/current.yaml", consumer)

    outcome = checkout.run("materialize")

    made = documents.load(checkout.read("jsonschema/a/b/1.0.0.yaml"))
    assert outcome.code == 0
    assert made["properties"]["a"] == {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1}


def test_materialize__check__fails_and_writes_nothing(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")

    outcome = checkout.run("materialize", "--check")

    assert outcome.code == 1
    assert "VERSION-STALE" in outcome.err
    assert not (checkout.root / f"jsonschema/{TITLE}/1.1.0.yaml").exists()


def test_materialize__staged__stages_what_it_makes(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")
    checkout.git("add", CURRENT)

    assert checkout.run("materialize", "--staged").code == 0
    assert f"A  jsonschema/{TITLE}/1.1.0.yaml" in checkout.git("status", "--porcelain")


def test_materialize__reference_to_nothing__file_line_and_remedy(checkout: Checkout) -> None:
    checkout.write(
        "jsonschema/a/b/current.yaml",
        "title: a/b\n$id: /a/b/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\nallOf:\n  - $ref: /no/such/1.0.0\n",
    )

    outcome = checkout.run("materialize")

    assert outcome.code == 1
    assert "jsonschema/a/b/current.yaml:5: error:" in outcome.err
    assert "[schema.bad_reference]" in outcome.err
