"""Guidelines on versions: their names, what may change between them, and that a published one never does."""

from __future__ import annotations

from collections.abc import Iterator

from eventplatform.core import names
from registry.guidelines.contract import BOTH, Fault, Rule
from registry.guidelines.subject import Subject

_SECTION = "Versions and evolution"
COMPATIBILITY = "schema-version-compatibility"
_GOOD = """\
1.0.0: {properties: {skin: {type: string, description: What readers see.}}}
1.1.0: {properties: {skin: {type: string, description: The skin of the page.}}}
"""


def _id(subject: Subject) -> Iterator[Fault]:
    if not names.is_schema_id(subject.schema_id) or not names.VERSION.fullmatch(subject.version):
        yield Fault("/$id" if "$id" in subject.document else "", "$id is not / title / version.")
    elif subject.document.get("title") != subject.title:
        yield Fault("/title" if "title" in subject.document else "", f"title is not {subject.title}, as $id has it.")


RULES = (
    Rule(
        code="VERSION-ID",
        title="$id is title and version",
        section=_SECTION,
        analytics="A page name and the wiki's revision number: 17780078 says only that it came after 17780077.",
        production="$id: /<title>/<version>; the version was coerced from whatever $id ended in, and title was free.",
        chosen="$id is / title / X.Y.Z, and title says the same title.",
        why="A reader of the number knows whether to expect new fields (minor) or others (major).",
        remedy="Write $id: /<title>/<X.Y.Z> and title: <title>.",
        good="title: page/view\n",
        bad="title: page/views\n",
        check=_id,
    ),
    Rule(
        code="EVOLVE-COMPATIBLE",
        alias=COMPATIBILITY,
        title="A new version of the same major takes the events of those before",
        section=_SECTION,
        kind="evolution",
        analytics="Any revision could change anything; MySQL made a new table for each.",
        production="Each key of the version before must be there and equal, but $id, description, examples, maxLength by name. "
        "required stays, enum may grow. Additions were never looked at, nor was any version but the one before.",
        chosen="Strict: whether events of all earlier versions of the major pass the new one (BACKWARD_TRANSITIVE, or the "
        "level that is set), with a code for each change. Compatible: the walk as it was.",
        why="The walk refused harmless changes, as a wider maximum, and passed harmful ones: a new required list, a pattern, "
        "a smaller maxLength, a property named description that is gone.",
        remedy="Undo the change, or publish it as the next major version.",
        good=_GOOD,
        bad=_GOOD.replace("1.1.0: {properties: {skin: {type: string", "1.1.0: {properties: {skin: {type: boolean"),
        profiles=BOTH,
    ),
    Rule(
        code="EVOLVE-BUMP",
        title="The version grows as far as the change asks",
        section=_SECTION,
        kind="evolution",
        analytics="Revisions grew by themselves.",
        production="Bumped by hand; nothing compares the number with the change.",
        chosen="What breaks producers, consumers or tables asks for a major, what adds asks for a minor, wording for a patch.",
        why="The number is a promise to readers who will not read the diff.",
        remedy="Raise the version in $id as far as the message says.",
        good=_GOOD,
        bad="1.0.0: {}\n1.0.1: {properties: {skin: {type: string, description: What readers see.}}}\n",
    ),
    Rule(
        code="EVOLVE-IMMUTABLE",
        title="A published version never changes",
        section=_SECTION,
        kind="evolution",
        analytics="A revision of a wiki page is immutable; caches kept it for ever.",
        production="Never change a materialised file. Nothing compares with git's history.",
        chosen="A version that was published must say the same for ever; the import refuses another text.",
        why="Every cache, table and consumer keeps what it once read.",
        remedy="Restore the file, and publish the change as a new version.",
        good="1.0.0: {}\n1.0.1: {description: In better words.}\n",
        bad="1.0.0: {}\n1.0.0 again: {description: In better words.}\n",
    ),
)
