"""Guidelines on waivers: leave to break a rule has a reason and an end, and goes when nothing needs it."""

from __future__ import annotations

from registry.guidelines.contract import Rule

_SECTION = "Waivers"
_GOOD = """\
waivers:
  - rule: NAME-SNAKE-CASE
    title: page/view
    reason: The client sends it so until its next release.
    ends_on: 2027-06-30
"""

EXPIRED = Rule(
    code="WAIVER-EXPIRED",
    title="A waiver ends on its day",
    section=_SECTION,
    kind="waiver",
    level="warning",
    analytics="A field was kept beyond 90 days by an allow-list without ends.",
    production="skipSchemaTestCases: a pattern and names of rules, for ever. Reasons stand in comments, if at all.",
    chosen="From the day after ends_on the rule counts again, and the waiver is told of.",
    why="An exception that nobody ends is the rule after two years.",
    remedy="Mend what it was for, or give it a new end with a reason.",
    good=_GOOD,
    bad=_GOOD.replace("2027", "2025"),
)
UNUSED = Rule(
    code="WAIVER-UNUSED",
    title="A waiver that covers nothing goes",
    section=_SECTION,
    kind="waiver",
    level="warning",
    analytics="No waivers.",
    production="Skips outlive their schemas, and silently cover the next mistake.",
    chosen="A waiver that covered no finding of the whole repository is told of.",
    why="The next mistake at the same place should be seen.",
    remedy="Delete it.",
    good=_GOOD,
    bad=_GOOD.replace("NAME-SNAKE-CASE", "TYPE-NULL"),
)
UNREASONED = Rule(
    code="WAIVER-UNREASONED",
    title="A waiver has a reason and an end",
    section=_SECTION,
    kind="waiver",
    level="warning",
    analytics="No waivers: a page was valid, or it was not.",
    production="skipSchemaTestCases knows neither.",
    chosen="Entries of skipSchemaTestCases are honoured; in the strict profile each is told of until it is a waiver.",
    why="Whoever meets it next must be able to tell whether it still holds.",
    remedy="Write it under waivers in .eventschemas.yaml, with reason and ends_on.",
    good=_GOOD,
    bad="skipSchemaTestCases:\n  /page/view/.*: [schema-snake-case-properties]\n",
)
RULES = (EXPIRED, UNUSED, UNREASONED)
