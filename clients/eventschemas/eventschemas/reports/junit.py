"""JUnit's XML, which every CI server shows as tests: one suite, a case per file, a failure per error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from eventschemas.located import Located

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(results: Sequence[Located], looked_at: Sequence[str]) -> str:
    """The document; warnings and waived results stand in a case's output."""
    suite = ET.Element("testsuite", name="eventschemas")
    failures = 0
    for path in sorted({*looked_at, *(result.path for result in results)}):
        failures += _case(suite, path, [result for result in results if result.path == path])
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    root = ET.Element("testsuites", tests=str(len(suite)), failures=str(failures))
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, path: str, results: Sequence[Located]) -> int:
    """Adds the case of one file; answers 1 where it failed."""
    case = ET.SubElement(suite, "testcase", classname="eventschemas", name=_clean(path), file=_clean(path))
    failing = [result for result in results if result.is_failure]
    for result in failing:
        failure = ET.SubElement(case, "failure", type=result.code, message=_clean(result.message))
        failure.text = _clean(f"{result.path}:{result.line}: {result.sentence}")
    others = [result for result in results if not result.is_failure]
    if others:
        output = ET.SubElement(case, "system-out")
        output.text = _clean("\n".join(f"{one.path}:{one.line}: {one.level}: {one.sentence} [{one.code}]" for one in others))
    return 1 if failing else 0


def _clean(text: str) -> str:
    """`text` without the characters that XML 1.0 can't hold."""
    return _NO_XML.sub("\ufffd", text)
