"""`format` as Ajv 6's fast mode judges it, said as patterns so that the validator's own engine does the work.

Real events depend on these verdicts: a blank between date and time, `+0000`, any day up to 39 and any text without
blanks as an address are all accepted there, and refused by the formats' own standards. A format may need several
patterns, all of which must match. Unknown formats say nothing, as in Ajv with `unknownFormats: "ignore"`.
"""

from __future__ import annotations

from typing import Any, Literal

from registry.schema import keywords

FormatMode = Literal["ajv6", "strict"]

# What JavaScript's \s matches; other engines know fewer or more.
_SPACE = r"\t\n\u000b\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_ANY = r"[^\n\r\u2028\u2029]"  # JavaScript's dot

_DAY = r"[0-9]{4}-[01][0-9]-[0-3][0-9]"
_CLOCK = r"(?:[0-2][0-9]:[0-5][0-9]:[0-5][0-9]|23:59:60)(?:\.[0-9]+)?"
_ZONE = r"(?:[zZ]|[+-][0-9]{2}(?::?[0-9]{2})?)"

_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]*:"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_HEX = r"[0-9a-fA-F]"
_ESCAPED = rf"%{_HEX}{{2}}"
_POINTER = r"(?:/(?:[^~/]|~0|~1)*)*"

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4_IN_IPV6 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_BYTE_WITH_ZEROS = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"


def _ipv6() -> str:
    """Each count of groups before the gap `::` allows its own forms behind it."""
    group = rf"{_HEX}{{1,4}}"
    forms = [rf"(?:{group}:){{7}}(?:{group}|:)", rf"(?:{group}:){{6}}(?::{group}|{_IPV4_IN_IPV6}|:)"]
    for before in range(5, -1, -1):
        behind = rf"(?::{group}){{1,{7 - before}}}|(?::{group}){{0,{5 - before}}}:{_IPV4_IN_IPV6}|:"
        start = rf"(?:{group}:){{{before}}}" if before else ":"
        forms.append(rf"{start}(?:{behind})")
    return rf"^[{_SPACE}]*(?:{'|'.join(forms)})(?:%{_ANY}+)?[{_SPACE}]*$"


def _uri_template() -> str:
    name = rf"(?:[a-zA-Z0-9_]|{_ESCAPED})+(?::[1-9][0-9]{{0,3}}|\*)?"
    literal = rf"""[^\x00-\x20"'<>%\\^`{{|}}]|{_ESCAPED}"""
    return rf"^(?:(?:{literal})|\{{[+#./;?&=,!@|]?{name}(?:,{name})*\}})*$"


PATTERNS: dict[str, tuple[str, ...]] = {
    "date": (rf"^{_DAY}$",),
    "time": (rf"^{_CLOCK}{_ZONE}?$",),
    "date-time": (rf"^{_DAY}[tT{_SPACE}]{_CLOCK}{_ZONE}$",),
    "uri": (rf"^{_SCHEME}(?:/?/)?[^{_SPACE}]*$",),
    "uri-reference": (rf"^(?:(?:{_SCHEME})?/?/)?(?:[^\\{_SPACE}#][^{_SPACE}#]*)?(?:#[^\\{_SPACE}]*)?$",),
    "uri-template": (_uri_template(),),
    "email": (rf"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*$",),
    "hostname": (rf"^{_LABEL}(?:\.{_LABEL})*\.?$", r"^[!-~]{1,253}\.?$"),
    "ipv4": (rf"^{_BYTE_WITH_ZEROS}(?:\.{_BYTE_WITH_ZEROS}){{3}}$",),
    "ipv6": (_ipv6(),),
    "uuid": (rf"^(?:[uU][rR][nN]:[uU][uU][iI][dD]:)?{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}$",),
    "json-pointer": (rf"^{_POINTER}$",),
    "json-pointer-uri-fragment": (rf"^#(?:/(?:[a-zA-Z0-9_.!$&'()*+,;:=@-]|{_ESCAPED}|~0|~1)*)*$",),
    "relative-json-pointer": (rf"^(?:0|[1-9][0-9]*)(?:#|{_POINTER})$",),
}
# Judged by the validator itself: whether a text is a regular expression no pattern can say.
_BUILT_IN = frozenset({"regex"})
FORMAT_OF_PATTERN: dict[str, str] = {pattern: name for name, patterns in PATTERNS.items() for pattern in patterns}


def mode_of(word: str) -> FormatMode:
    """The mode that a setting names."""
    modes: dict[str, FormatMode] = {"ajv6": "ajv6", "strict": "strict"}
    if word not in modes:
        raise ValueError(f"FORMAT_MODE={word!r} is neither ajv6 nor strict.")
    return modes[word]


def as_patterns(schema: Any) -> Any:
    """A copy of `schema` whose formats are said as patterns, and that names no draft and no id of its own.

    Without `$schema` and `$id` nothing in it can be looked up elsewhere, and ids that occur twice do no harm.
    """
    return _rewritten(schema, is_strict=False)


def without_ids(schema: Any) -> Any:
    """A copy of `schema` that names no draft and no id; formats stay, for the validator's strict verdict."""
    return _rewritten(schema, is_strict=True)


def _rewritten(schema: Any, *, is_strict: bool) -> Any:
    copy = keywords.rebuild(schema, lambda child: _rewritten(child, is_strict=is_strict))
    if not isinstance(copy, dict):
        return copy
    copy.pop("$schema", None)
    copy.pop("$id", None)
    if copy.get("additionalProperties") is False:  # without it the validator doesn't tell which properties are too many
        copy.setdefault("properties", {})
    name = copy.get("format")
    if is_strict or not isinstance(name, str) or name in _BUILT_IN:
        return copy
    del copy["format"]
    patterns = list(PATTERNS.get(name, ()))
    if "pattern" not in copy and patterns:
        copy["pattern"] = patterns.pop(0)
    if patterns:
        copy["allOf"] = [*copy.get("allOf", ()), *({"pattern": pattern} for pattern in patterns)]
    return copy
