"""Guidelines on the files of a repository; those with S and a number are jsonschema-tools' nameless checks of structure."""

from __future__ import annotations

from registry.guidelines.contract import BOTH, Rule

_SECTION = "Files of a repository"
_WIKI = "One wiki page per schema; its revisions were its versions, and the page could not be renamed."
_BY_HAND = "Let eventschemas materialize write it."
_GOOD = """\
page/view/current.yaml: {}
page/view/1.0.0.yaml: {}
page/view/1.0.0: -> 1.0.0.yaml
page/view/latest.yaml: -> 1.0.0.yaml
page/view/latest: -> 1.0.0.yaml
"""


def _rule(code: str, alias: str, title: str, **texts: str) -> Rule:
    also = ("S1", "S12", "S13") if alias == "S2" else ()
    given = {"analytics": _WIKI, "chosen": "The same.", "remedy": _BY_HAND, "good": _GOOD, **texts}
    return Rule(code=code, alias=alias, also=also, title=title, section=_SECTION, kind="repository", profiles=BOTH, **given)  # type: ignore[arg-type]  # texts all


def _with(path: str, what: str) -> str:
    """The good files with one of them being something else; empty removes it."""
    lines = [line for line in _GOOD.splitlines() if not line.startswith(f"{path}: ")]
    return "\n".join([*lines, *([f"{path}: {what}"] if what else [])]) + "\n"


_AHEAD = """\
page/view/current.yaml: {}
page/view/1.0.0.yaml: {}
page/view/1.0.0: -> 1.0.0.yaml
page/view/1.1.0.yaml: {$id: /page/view/1.1.0}
page/view/1.1.0: -> 1.1.0.yaml
page/view/latest.yaml: -> 1.1.0.yaml
page/view/latest: -> 1.1.0.yaml
"""
_BOTH_TYPES = ".jsonschema-tools.yaml: {contentTypes: [yaml, json]}\n"

RULES = (
    _rule(
        "REPO-TITLE-FOLDER",
        "S2",
        "The title is the folder",
        production="The directory below schemaBasePath equals title, in each file; one that doesn't silenced all other checks.",
        chosen="What production said; the other titles of the repository are checked nevertheless.",
        why="The folder is the address that events name in $schema.",
        remedy="Write title: as the folder below the schema folder, or move the files.",
        bad=_GOOD.replace("page/view", "page/views"),
    ),
    _rule(
        "REPO-VERSIONED",
        "S5",
        "There is a current.yaml and at least one version",
        production="Both are found, else no further check of that title runs.",
        why="current.yaml is what people edit; one that was never materialised is no schema yet.",
        bad="page/view/current.yaml: {}\n",
    ),
    _rule(
        "REPO-CURRENT-NAME",
        "S3",
        "The current file is called current.yaml",
        production="current.yaml must exist, whatever currentName says.",
        why="Whoever comes from another repository looks for it.",
        remedy="Call it current.yaml, and leave currentName out of the settings.",
        bad=_GOOD.replace("current.yaml", "draft.yaml")
        + ".jsonschema-tools.yaml: {currentName: draft.yaml, contentTypes: [yaml]}\n",
    ),
    _rule(
        "REPO-CURRENT-LINK",
        "S4",
        "There is no current without an ending",
        production="No extensionless current.",
        why="current is a draft: nobody should be able to name it as a schema.",
        remedy="Delete it.",
        bad=_GOOD + "page/view/current: -> current.yaml\n",
    ),
    _rule(
        "REPO-NEWEST-FILE",
        "S6",
        "The newest version file is that of current.yaml",
        production="The highest version's file is named as the version in current's $id.",
        chosen="What production said; REPO-MATERIALISED says what differs.",
        why="Otherwise current describes something that isn't the newest.",
        remedy="Raise the version in current.yaml's $id and materialise it.",
        bad=_AHEAD,
    ),
    _rule(
        "REPO-MATERIALISED",
        "S7",
        "The newest version is what current.yaml becomes",
        production="materialise(current) deep-equals the highest version.",
        why="A change of current.yaml that isn't published confuses whoever edits it next.",
        bad=_with("page/view/1.0.0.yaml", "{description: Something else.}"),
    ),
    _rule(
        "REPO-LATEST-FILE",
        "S8",
        "latest.yaml is a link to the newest version",
        production="latest.<content type> is a symbolic link to the highest version, unless shouldSymlinkLatest is false.",
        why="Readers that only want the newest need not know its number.",
        bad=_with("page/view/latest.yaml", "{}"),
    ),
    _rule(
        "REPO-LATEST-LINK",
        "S9",
        "latest is a link to the newest version",
        production="The same for latest without an ending.",
        why="Addresses with /latest lead through it.",
        bad=_with("page/view/latest", ""),
    ),
    _rule(
        "REPO-CONTENT-TYPES",
        "S10",
        "Each version exists in each content type",
        production="X.Y.Z.<content type> exists for all contentTypes.",
        why="A client of JSON would miss what a client of YAML finds.",
        good=_BOTH_TYPES + _GOOD + "page/view/1.0.0.json: {}\n",
        bad=_BOTH_TYPES + _GOOD,
    ),
    _rule(
        "REPO-VERSION-LINK",
        "S11",
        "X.Y.Z without an ending is a link to its file",
        production="A link whose target reads exactly X.Y.Z.<first content type>, unless shouldSymlinkExtensionless is false.",
        why="$schema in events is that path.",
        bad=_with("page/view/1.0.0", "-> ./1.0.0.yaml"),
    ),
    _rule(
        "REPO-ID-FOLDER",
        "S14",
        "$id is the file's address",
        production="The path contains $id: /webrequest/1.0.0 passed in development/webrequest, and its events met 404.",
        chosen="Strict: $id is / folder / version of the file's name; VERSION-ID adds what title says. Compatible: as before.",
        why="$id is what events name, and where their readers look.",
        remedy="Write $id: /<folder>/<version of the file's name>.",
        bad=_GOOD.replace("{}", "{$id: /view/1.0.0}"),
    ),
    _rule(
        "REPO-TWINS-EQUAL",
        "S15",
        "All content types of a version say the same",
        production="X.Y.Z.yaml and X.Y.Z.json are deep-equal.",
        why="Which one a client asks for must not matter.",
        good=_BOTH_TYPES + _GOOD + "page/view/1.0.0.json: {}\n",
        bad=_BOTH_TYPES + _GOOD + "page/view/1.0.0.json: {description: Something else.}\n",
    ),
)
