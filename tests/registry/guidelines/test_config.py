"""Settings of a repository: the reference's file as it stands, ours beside it, and errors that say where."""

from __future__ import annotations

from datetime import date

import pytest

from registry.guidelines import Waived, config
from tests.registry import corpus

REFERENCE, OWN = config.FILE_NAMES


def test_no_file__strict_and_yaml() -> None:
    found = config.read({})

    assert (found.profile, found.content_types, found.current_file) == ("strict", ("yaml",), "current.yaml")


def test_reference_file__alone__its_own_defaults_and_verdicts() -> None:
    found = config.read({REFERENCE: "logLevel: info\n"})

    assert (found.profile, found.content_types, found.links) == ("compatible", ("yaml", "json"), True)
    assert found.numeric_bounds == (-(2**53 - 1), 2**53 - 1)


def test_reference_file__every_setting__is_read() -> None:
    text = """
schemaBasePath: ./schemas/
schemaBaseUris: [./schemas/, 'https://example.org/']
contentTypes: [json]
currentName: draft
enforcedNumericBounds: [-5, 5]
ignoreSchemas: ['^/old/']
shouldSymlinkLatest: false
shouldSymlinkExtensionless: false
shouldGenerateExample: true
skipSchemaTestCases:
  /page/.*: [schema-is-secure, schema-is-valid]
unheardOf: 1
"""

    found = config.read({REFERENCE: text})

    assert (found.schema_base_path, found.schema_base_uris[1]) == ("./schemas/", "https://example.org/")
    assert (found.current_file, found.numeric_bounds) == ("draft.json", (-5, 5))
    assert (found.should_symlink_latest, found.links, found.should_generate_example) == (False, False, True)
    assert found.waivers[0] == Waived(rule="schema-is-secure", title="", id_pattern="/page/.*")
    assert [found.ignores(schema_id) for schema_id in ("/old/1.0.0", "/new/old/1.0.0")] == [True, False]
    assert found.notes == (f"{REFERENCE}: unheardOf is no setting of jsonschema-tools 1.3.0, and means nothing here.",)


def test_reference_file__bounds_switched_off__none() -> None:
    assert config.read({REFERENCE: "enforcedNumericBounds: false"}).numeric_bounds is None


def test_reference_file__of_the_real_repository__every_skip_is_a_waiver() -> None:
    found = config.read({REFERENCE: (corpus.repository() / REFERENCE).read_text()})

    assert len(found.waivers) > 8
    assert found.notes == ()


def test_own_file__waivers_and_profile__are_read() -> None:
    text = """
profile: strict
compatibility: FULL_TRANSITIVE
waivers:
  - {rule: PII-UNMARKED, title: page/*, version: 1.0.0, pointer: /properties/ip,
     reason: A server's., ends_on: 2027-06-30, author: ada}
"""

    found = config.read({REFERENCE: "contentTypes: [yaml]", OWN: text})

    assert (found.profile, found.compatibility) == ("strict", "FULL_TRANSITIVE")
    waiver = Waived("PII-UNMARKED", "page/*", "1.0.0", "/properties/ip", "A server's.", date(2027, 6, 30), "ada")
    assert found.waivers == (waiver,)


@pytest.mark.parametrize(
    ("file", "text", "line", "word"),
    [
        (OWN, "profile: loose", 1, "profile"),
        (OWN, "\nprofil: strict", 2, "profil"),
        (OWN, "compatibility: SOME", 1, "compatibility"),
        (OWN, "waivers: {}", 1, "waivers"),
        (OWN, "waivers:\n  - rule: X\n    title: a\n    reason: b\n", 2, "ends_on"),
        (OWN, "waivers:\n  - {rule: X, title: a, reason: b, ends_on: soon}\n", 2, "soon"),
        (OWN, "waivers:\n  - {rule: X, title: a, reason: b, ends_on: 2027-02-30}\n", 2, "2027-02-30"),
        (OWN, "waivers:\n  - {rule: X, title: a, reason: '', ends_on: 2027-02-03}\n", 2, "reason"),
        (OWN, "waivers:\n  - {rule: X, title: a, because: b}\n", 2, "because"),
        (OWN, "waivers: [5]", 1, "waiver"),
        (OWN, "- a", 1, "settings"),
        (OWN, "a: [", 2, "YAML"),
        (REFERENCE, "contentTypes: yaml", 1, "contentTypes"),
        (REFERENCE, "contentTypes: []", 1, "contentTypes"),
        (REFERENCE, "\nenforcedNumericBounds: [5, 1]", 2, "enforcedNumericBounds"),
        (REFERENCE, "ignoreSchemas: ['(']", 1, "("),
        (REFERENCE, "skipSchemaTestCases:\n  a: schema-is-valid", 2, "list"),
        (REFERENCE, "skipSchemaTestCases:\n  '(': [schema-is-valid]", 2, "("),
        (REFERENCE, "schemaTitleField: name", 1, "schemaTitleField"),
        (REFERENCE, "shouldSymlinkLatest: maybe", 1, "shouldSymlinkLatest"),
    ],
)
def test_wrong_setting__refused_with_file_line_and_remedy(file: str, text: str, line: int, word: str) -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.read({file: text})

    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert word in str(caught.value)
    assert caught.value.hint
