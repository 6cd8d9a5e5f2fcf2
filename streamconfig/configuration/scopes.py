"""What holds for one site: overrides laid over the plain document, as Wikimedia's configuration layers wikis and tags.

A key of `overrides` is `[environment:][+]name`, its name a site, a tag of sites, or `*` for every site. From the most specific
on: the site itself, its tags in their order, `*`, the plain document. A key with `+` merges with what is less specific; one
without is the last that is looked at. A key with this deployment's environment goes before the same one without, and those of
other environments don't hold. `streams` and `defaults` are two settings, each layered for itself; then defaults go below
streams as everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eventplatform.core.errors import RejectedError
from streamconfig.configuration.changes import DEFAULTS
from streamconfig.configuration.document import OWN_KEYS, STREAMS, Document, Entry, read_entry
from streamconfig.configuration.merge import array_merge_under
from streamconfig.configuration.sections import scope_parts
from streamconfig.configuration.setting_types import Problem

EVERY_SITE = "*"
_MAX_TAGS = 50
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Scope:
    """A site and its tags; without a site, what holds for all of them."""

    site: str = ""
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "|".join((self.site, *self.tags))


class ScopeInvalidError(RejectedError):
    """A scope that can't be the name of a site with tags."""

    code = "scope.invalid"
    message = "{text} is no scope."
    remedy = "Name a site, such as enwiki, or a site and its tags, such as officewiki|private."


def resolve(document: Document, text: str = "", *, host: str = "") -> Scope:
    """The scope that `site` or `site|tag|tag` names, else the site of a host; without tags, those that the site has.

    Raises:
        ScopeInvalidError: the text can't be a scope.
    """
    if not text:
        site = _site_of(document, host)
        return Scope(site, _tags_of(document, site)) if site else Scope()
    site, *tags = text.split("|", _MAX_TAGS + 1)
    if len(tags) > _MAX_TAGS or not all(_NAME.fullmatch(part) for part in (site, *tags)):
        raise ScopeInvalidError(text=text[:100])
    return Scope(site, tuple(tags) or _tags_of(document, site))


def _site_of(document: Document, host: str) -> str:
    name = host.lower().rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host.lower()
    sites = document.section("sites").items() if name else ()
    return next((site for site, facts in sites if name in map(str.lower, facts.get("hosts") or ())), "")


def _tags_of(document: Document, site: str) -> tuple[str, ...]:
    return tuple(document.section("sites").get(site, {}).get("tags") or ())


def layers(document: Document, scope: Scope | None, environment: str) -> tuple[str, ...]:
    """The keys of `overrides` that count for a scope, the most specific first; scopes with the same ones are alike."""
    names = (*(scope.site, *scope.tags), EVERY_SITE) if scope and scope.site else (EVERY_SITE,)
    return tuple(key for key in _candidates(dict.fromkeys(names), environment) if key in document.section("overrides"))


def narrowed(document: Document, scope: Scope, environment: str) -> Scope | None:
    """The scope without names that no override has; none where nothing differs. What anybody may ask for is few that way."""
    held = (scope_parts(key)[2] for key in layers(document, scope, environment))
    names = [name for name in dict.fromkeys(held) if name != EVERY_SITE]
    return Scope(names[0], tuple(names[1:])) if names else None


def _candidates(names: Mapping[str, None], environment: str) -> Iterator[str]:
    for name in names:
        for where in (f"{environment}:", "") if environment else ("",):
            yield f"{where}{name}"
            yield f"{where}+{name}"


def scoped(document: Document, scope: Scope | None, environment: str) -> Document:
    """The document with what differs for the scope laid over it; the same one where nothing does.

    Of an entry's own keys (windows, ramp, about …) the most specific that is said holds, as a whole. What is switched off
    in the plain document is off everywhere, and who sets a rate for a site doesn't mean the plain document's ramp.
    """
    held = document.section("overrides")
    overrides = [{**held[key], "key": key} for key in layers(document, scope, environment)]
    if not overrides:
        return document
    plain = {entry.name: entry for entry in document.entries}
    streams = _layered(overrides, STREAMS, {name: entry.settings for name, entry in plain.items()})
    entries, problems = _entries(plain, streams, [one.get(STREAMS) or {} for one in reversed(overrides)])
    defaults = _layered(overrides, DEFAULTS, document.defaults)
    return replace(document, defaults=defaults, entries=entries, problems=(*document.problems, *problems))


def _layered(overrides: Iterable[Mapping[str, Any]], part: str, plain: Mapping[str, Any]) -> dict[str, Any]:
    """One setting through the layers: what is more specific comes first, and stays."""
    found: dict[str, Any] = {}
    for override in overrides:
        if override.get(part) is None:
            continue
        found = array_merge_under(found, override[part])
        if not scope_parts(override["key"])[1]:
            return found
    return array_merge_under(found, plain)


def _entries(
    plain: Mapping[str, Entry], streams: Mapping[str, Any], overrides: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Entry, ...], list[Problem]]:
    entries: list[Entry] = []
    problems: list[Problem] = []
    for name, settings in streams.items():
        entry = plain.get(name)
        if entry is None or settings is not entry.settings:
            said = [one[name] for one in overrides if isinstance(one.get(name), Mapping)]
            entry, wrong = read_entry(name, _with_own(entry, settings, said))
            problems += wrong
        if entry is not None:
            entries.append(entry)
    return tuple(entries), problems


def _with_own(entry: Entry | None, settings: Any, said: Iterable[Mapping[str, Any]]) -> Any:
    """Merged settings with the own keys that hold beside them; `said` from the least specific override on."""
    if not isinstance(settings, Mapping):
        return settings or {}  # PHP's empty list
    own = _own(entry.as_json()) if entry else {}
    for override in said:
        sample = override.get("sample")
        if isinstance(sample, Mapping) and "rate" in sample:
            own.pop("ramp", None)
        own |= _own(override)
    if entry is not None and not entry.is_enabled:
        own["is_enabled"] = False
    return {**{key: value for key, value in settings.items() if key not in OWN_KEYS}, **own}


def _own(held: Mapping[str, Any]) -> dict[str, Any]:
    return {key: held[key] for key in OWN_KEYS if key in held}
