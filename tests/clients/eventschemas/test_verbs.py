"""`eventschemas` as people and CI servers run it: verdicts by exit code, reports by file and line, wrong use told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from registry.schema import documents
from tests.clients.eventschemas.conftest import TITLE, Checkout

pytestmark = pytest.mark.slow  # each test makes a git repository

CURRENT = f"jsonschema/{TITLE}/current.yaml"


def test_lint__clean_repository__passes(checkout: Checkout) -> None:
    outcome = checkout.run("lint")

    assert outcome.code == 0, outcome.out
    assert "0 errors" in outcome.out


def test_lint__bad_name__told_by_file_line_and_code(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")
    checkout.change(CURRENT, "  action:", "  actionName:")
    checkout.run("materialize")

    outcome = checkout.run("lint")

    line = checkout.read(f"jsonschema/{TITLE}/1.1.0.yaml").splitlines().index("  actionName:") + 1
    assert outcome.code == 1
    assert f"jsonschema/{TITLE}/1.1.0.yaml:{line}: error:" in outcome.out
    assert "[NAME-SNAKE-CASE]" in outcome.out


def test_lint__waiver_with_reason_and_end__passes_and_says_so(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")
    checkout.change(CURRENT, "  action:", "  actionName:")
    checkout.run("materialize")
    waiver = "rule: NAME-SNAKE-CASE, title: page/view, reason: legacy, ends_on: 2999-01-01"
    checkout.write(".eventschemas.yaml", f"waivers:\n  - {{{waiver}}}\n")

    outcome = checkout.run("lint", "--profile", "strict")

    assert "waived (legacy, until 2999-01-01)" in outcome.out
    assert not [line for line in outcome.out.splitlines() if "error:" in line and "NAME-SNAKE-CASE" in line]


def test_lint__published_version_changed_since__refused(checkout: Checkout) -> None:
    checkout.change(f"jsonschema/{TITLE}/1.0.0.yaml", "stop", "halt")

    outcome = checkout.run("lint", "--since", "HEAD")

    assert outcome.code == 1
    assert f"jsonschema/{TITLE}/1.0.0.yaml" in outcome.out
    assert "EVOLVE-IMMUTABLE" in outcome.out


def test_lint__no_current__what_it_says_to_do_mends_it(checkout: Checkout) -> None:
    (checkout.root / f"jsonschema/{TITLE}/current.yaml").unlink()

    outcome = checkout.run("lint")
    checkout.write(f"jsonschema/{TITLE}/current.yaml", checkout.read(f"jsonschema/{TITLE}/1.0.0.yaml"))

    assert outcome.code == 1
    assert "A copy of the newest version will do." in outcome.out
    assert checkout.run("lint").code == 0


def test_lint__output_as_sarif__a_file_that_parses(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "schemas.sarif"

    outcome = checkout.run("lint", "--format", "sarif", "--output", str(file))

    assert outcome.code == 0
    assert json.loads(file.read_text())["version"] == "2.1.0"


def test_compat__narrowed_in_a_minor__refused_with_its_line(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")
    checkout.change(CURRENT, "      - stop\n", "")

    outcome = checkout.run("compat")

    assert outcome.code == 1
    assert f"jsonschema/{TITLE}/current.yaml:" in outcome.out


def test_compat__narrowed_in_a_major__allowed(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/2.0.0")
    checkout.change(CURRENT, "      - stop\n", "")

    assert checkout.run("compat").code == 0


def test_diff__two_versions__says_whom_it_breaks(checkout: Checkout) -> None:
    checkout.change(CURRENT, "/page/view/1.0.0", "/page/view/1.1.0")
    checkout.change(CURRENT, "      - stop\n", "")

    words = checkout.run("diff", f"{TITLE}@1.0.0", f"{TITLE}@current").out
    comparison = json.loads(checkout.run("diff", f"HEAD:{CURRENT}", f"{TITLE}@current", "--json").out)

    assert "breaks producers" in words
    assert "not enough" in words
    assert comparison["bump"] == "major"


def test_new__title__passes_the_guidelines_once_made(checkout: Checkout) -> None:
    assert checkout.run("new", "button/click").code == 0
    assert checkout.run("materialize").code == 0

    assert checkout.run("lint").code == 0
    assert checkout.run("new", "button/click").code == 2  # what is there is not overwritten


def test_convert__avro_file__a_draft_and_its_notes(checkout: Checkout, tmp_path: Path) -> None:
    avro = tmp_path / "view.avsc"
    avro.write_text(json.dumps({"type": "record", "name": "View", "fields": [{"name": "pageId", "type": "long"}]}))

    outcome = checkout.run("convert", str(avro), "--title", "page/view")

    assert documents.load(outcome.out)["properties"]["page_id"]["type"] == "integer"
    assert "note: page_id: was named pageId." in outcome.err


@pytest.mark.parametrize("language", ["typescript", "python"])
def test_types__schema__written(checkout: Checkout, language: str) -> None:
    outcome = checkout.run("types", f"{TITLE}@latest", "--language", language)

    assert outcome.code == 0
    assert "PageView" in outcome.out


def test_init__twice__second_time_leaves_files_alone(checkout: Checkout) -> None:
    checkout.run("init", "--ci", "github")
    checkout.write(".eventschemas.yaml", "profile: strict\n")

    outcome = checkout.run("init", "--ci", "github")

    assert "is there already" in outcome.err
    assert checkout.read(".eventschemas.yaml") == "profile: strict\n"
    assert documents.load(checkout.read(".pre-commit-config.yaml"))["repos"]
    assert documents.load(checkout.read(".github/workflows/schemas.yml"))["jobs"]
    assert checkout.run("lint").code == 0  # what init writes is understood


@pytest.mark.parametrize("event", ["request", "push", "first push"])
def test_init__ci_of_github__lints_as_its_checkout_leaves_things(checkout: Checkout, event: str) -> None:
    # actions/checkout leaves origin/main behind, but no origin/HEAD.
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    before = {"request": "origin/main", "push": checkout.git("rev-parse", "HEAD").strip(), "first push": "0" * 40}[event]
    checkout.run("init", "--ci", "github")
    checkout.commit()
    steps = documents.load(checkout.read(".github/workflows/schemas.yml"))["jobs"]["schemas"]["steps"]
    verbs = [step["run"].split()[1:] for step in steps if step.get("run", "").startswith("eventschemas ")]

    for verb in verbs:
        assert checkout.run(*(before if word == '"$BEFORE"' else word for word in verb)).code == 0

    given = next(step["env"]["BEFORE"] for step in steps if "$BEFORE" in step.get("run", ""))
    assert given.strip("${ }") == "github.base_ref && format('origin/{0}', github.base_ref) || github.event.before"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["diff", "no/such@1.0.0", f"{TITLE}@latest"], "schema.not_found"),
        (["diff", f"{TITLE}@9.9.9", f"{TITLE}@latest"], "schema.not_found"),
        (["lint", "--since", "no-such-branch"], "git.failed"),
        (["lint", "--since", "--output=x"], None),
        (["lint", "--registry", "http://127.0.0.1:9"], "repository.unreachable"),
        (["new", "Not A Title"], "schema.new_title"),
    ],
)
def test_wrong_use__one_line_with_code(checkout: Checkout, arguments: list[str], code: str | None) -> None:
    if code is None:
        with pytest.raises(SystemExit):
            checkout.run(*arguments)
        return

    outcome = checkout.run(*arguments)

    assert outcome.code == 2
    assert f"[{code}]" in outcome.err
    assert outcome.err.count("\n") == 1


def test_configuration__wrong__file_and_line(checkout: Checkout) -> None:
    checkout.write(".eventschemas.yaml", "profile: strict\ncompatibility: SOMETIMES\n")

    outcome = checkout.run("lint")

    assert outcome.code == 2
    assert ".eventschemas.yaml:2:" in outcome.err
