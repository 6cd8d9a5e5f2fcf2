"""The sections of a document that are the platform's own, and what an item of each may hold.

teams        key → title, contact, email: who owns streams; people belong to one by the group `team: <key>`
services     key → title, url, audience, description, and what `door_shapes` names: intakes that streams are posted to
sites        key → title, tags, hosts: web properties whose configuration may differ
overrides    scope → defaults, streams: what differs there. A scope is `[environment:][+]name`: a site, a tag of sites, or `*`
instruments  key → what a product manager steers on top of a stream
policies     key → when a change needs which approvals
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from streamconfig.configuration import door_shapes, own_keys
from streamconfig.configuration.setting_types import (
    FLAG,
    MAP,
    RATE,
    TEXT,
    UNIT,
    Check,
    Problem,
    broken,
    is_texts,
    name_problems,
    pointer,
    problems_of,
)

NAMES = ("teams", "services", "sites", "overrides", "instruments", "policies")
TIMED = ("instruments",)  # sections whose items may have windows and a ramp

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_SCOPE = re.compile(r"(?:(?P<environment>[a-z0-9][a-z0-9_-]{0,49}):)?(?P<plus>\+?)(?P<name>\*|[A-Za-z0-9][A-Za-z0-9_.-]{0,99})")
_TEXTS = Check(is_texts, "must be a list of names.", 'Write for example ["enwiki"].')
_ANY_TEXT = Check(lambda value: isinstance(value, str), "must be text.", "Write it in quotes.")
_COUNT = Check(lambda value: type(value) is int and 0 <= value <= 10, "must be a whole number from 0 to 10.", "Write 1.")  # noqa: PLR2004  # people to ask
_NUMBER = Check(
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value > 0,
    "must be a number above 0.",
    "Write 2 for twice as much.",
)

# Section → what its items may hold, by path; every other top key is refused, so that a typing mistake is told.
SHAPES: Mapping[str, Mapping[tuple[str, ...], Check]] = {
    "teams": {("title",): _ANY_TEXT, ("contact",): _ANY_TEXT, ("email",): _ANY_TEXT, ("description",): _ANY_TEXT},
    "services": {
        ("title",): _ANY_TEXT,
        ("url",): _ANY_TEXT,
        ("description",): _ANY_TEXT,
        ("audience",): Check(
            lambda value: value in {"internal", "external"}, "must be internal or external.", "Choose one of the two."
        ),
        **door_shapes.SERVICE,
    },
    "sites": {("title",): _ANY_TEXT, ("tags",): _TEXTS, ("hosts",): _TEXTS},
    "overrides": {("defaults",): MAP, ("streams",): MAP, ("streams", "*"): MAP, ("reason",): _ANY_TEXT},
    "instruments": {
        ("stream",): TEXT,
        ("title",): _ANY_TEXT,
        ("description",): _ANY_TEXT,
        ("owner",): _ANY_TEXT,
        ("contact",): _ANY_TEXT,
        ("purpose",): _ANY_TEXT,
        ("task",): _ANY_TEXT,
        ("is_enabled",): FLAG,
        ("sample",): MAP,
        ("sample", "unit"): UNIT,
        ("sample", "rate"): RATE,
        ("audience",): MAP,
        ("audience", "sites"): _TEXTS,
        ("audience", "except_sites"): _TEXTS,
        ("audience", "platforms"): _TEXTS,
        ("audience", "is_logged_in"): FLAG,
        ("contextual_attributes",): _TEXTS,
        ("windows",): Check(lambda _: True, "", ""),  # judged in own_keys
        ("ramp",): Check(lambda _: True, "", ""),  # likewise
        ("review_on",): _ANY_TEXT,
        ("expires_on",): _ANY_TEXT,
    },
    "policies": {
        ("title",): _ANY_TEXT,
        ("effects",): _TEXTS,
        ("sources",): _TEXTS,
        ("environments",): _TEXTS,
        ("rate_factor",): _NUMBER,
        ("approvals",): _COUNT,
        ("by",): _TEXTS,
        ("outside_team",): FLAG,
        ("waives",): FLAG,
    },
}
REQUIRED: Mapping[str, tuple[str, ...]] = {"instruments": ("stream",), "policies": ("effects",)}


Items = Mapping[str, Mapping[str, Mapping[str, Any]]]


def read(document: Mapping[str, Any]) -> tuple[Items, list[Problem], Mapping[str, Mapping[str, Any]]]:
    """The usable items of each of our sections, the problems of the others, and those as they are."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    broken: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for section in NAMES:
        items = document.get(section) or {}
        if not isinstance(items, Mapping):
            remedy = f"Write `{section}:` with a map below it."
            problems.append(Problem("", f"/{section}", "streams.not_a_map", f"{section} must be a map.", remedy, section))
            continue
        for key, item in items.items():
            wrong = item_problems(section, key, item)
            problems += wrong
            if wrong:
                broken.setdefault(section, {})[key] = item
            else:
                found.setdefault(section, {})[key] = dict(item)
    return MappingProxyType(found), problems, broken


def item_problems(section: str, key: Any, item: Any) -> list[Problem]:
    """What is wrong with one item."""
    if not isinstance(key, str) or not (_SCOPE if section == "overrides" else _KEY).fullmatch(key):
        remedy = "Use a-z, 0-9, dot, - and _; a scope of overrides is such as enwiki, +private or staging:+*."
        return [Problem(str(key)[:100], "", "item.bad_key", f"{str(key)[:100]} can't be a key of {section}.", remedy, section)]
    if not isinstance(item, Mapping):
        return [Problem(key, "", "item.not_a_map", f"{key} in {section} must be a map.", "Write names and values.", section)]
    shape = SHAPES[section]
    known = {path[0] for path in shape}
    remedy = f"It may hold {own_keys.words(known)}."
    problems = [
        Problem(key, pointer((str(name),)), "setting.unknown", f"{section} have no {name}.", remedy, section)
        for name in item
        if name not in known
    ]
    problems += [
        Problem(key, f"/{name}", "setting.missing", f"{key} in {section} needs {name}.", f"Set {name}.", section)
        for name in REQUIRED.get(section, ())
        if not item.get(name)
    ]
    problems += broken(key, item, shape, section=section)
    if section == "services":
        inner = {name: value for name, value in item.items() if name in known and isinstance(value, Mapping)}
        problems += door_shapes.unknown(key, inner, door_shapes.SERVICE, section=section)
    if section in TIMED:
        problems += own_keys.problems_of(key, {name: item.get(name) for name in ("windows", "ramp")}, section=section)
    if section == "overrides" and not problems:
        problems += _override_problems(key, item)
    return problems


def _override_problems(key: str, item: Mapping[str, Any]) -> list[Problem]:
    streams = {f"/streams{pointer((str(name),))}": (name, settings) for name, settings in _streams(item).items()}
    found = [("/defaults", one) for one in problems_of(key, item.get("defaults") or {})]
    for place, (name, settings) in streams.items():
        wrong = [*name_problems(name), *problems_of(key, settings)]
        found += [(place, one) for one in wrong or _own_of_site_problems(key, settings)]
    return [Problem(key, place + one.pointer, one.code, one.message, one.remedy, "overrides") for place, one in found]


def _own_of_site_problems(key: str, settings: Any) -> list[Problem]:
    """What is wrong with own keys of a stream in an override: some differ by site, others are the stream's alone."""
    held = dict(settings)
    remedy = "Set it in the stream itself."
    alone = [one for one in ("about", "late_events", "log", "intake") if one in held]
    found = [Problem(key, f"/{one}", "setting.not_by_site", f"{one} can't differ by site.", remedy) for one in alone]
    own = {name: held.get(name) for name in ("windows", "ramp")}
    return [*found, *broken(key, held, {("is_enabled",): FLAG}), *own_keys.problems_of(key, own)]


def _streams(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(item.get("streams") or {})


def scope_parts(key: str) -> tuple[str, bool, str]:
    """Environment (empty for every one), whether it merges, and the site, tag or `*` that a key of `overrides` names."""
    found = _SCOPE.fullmatch(key)
    if found is None:
        raise ValueError(key)
    return found["environment"] or "", bool(found["plus"]), found["name"]


def is_scope(key: str) -> bool:
    """True where a key can name a scope of overrides."""
    return _SCOPE.fullmatch(key) is not None
