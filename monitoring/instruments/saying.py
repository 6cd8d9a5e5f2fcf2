"""What clients are told: asked of `/api/v1/client` as clients ask it, so that this page and they can't differ."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, QueryDict
from django.urls import resolve, reverse

from eventplatform.core.door_rules import PrivacyRules
from eventplatform.core.pii_marks import Marked, marks_of
from eventplatform.core.services import rules_of
from eventplatform.core.streams import Stream
from monitoring.instruments.evidence import fields
from monitoring.instruments.evidence.deciding import UNITS, sampled
from monitoring.instruments.evidence.facts import Subject, Told
from monitoring.instruments.evidence.fields import Path
from monitoring.instruments.evidence.tallying import Sample
from streamconfig.snapshots import Snapshot

# Where events hold a unit's identifier (docs/reference/client-contract.md, §4).
_PLACES = {unit: [(around, f"{unit}_id") for around in ("browser", "performer")] for unit in UNITS}
_MOST_SCHEMAS = 500
_LONGEST_NAME = 500  # of a stream or an instrument; the address takes no endless ones


class Sayings:
    """The configuration of clients, by site; each is asked once."""

    def __init__(self, subject: Subject, config: Snapshot) -> None:
        self._subject, self._config = subject, config
        self._told: dict[str, Told] = {}
        self._sites = config.document.section("sites")

    def told(self, site: str = "") -> Told:
        """What a client of that site is told; of one that isn't configured what holds everywhere."""
        known = site if site in self._sites else ""
        found = self._told.get(known)
        if found is None:
            found = self._told[known] = self._asked(known)
        return found

    def sample_of(self, domain: str) -> Sample:
        """What holds for an event of that domain. An instrument's sample is alike everywhere."""
        site = "" if self._subject.key else self._site_of(domain)
        sample = (self.told(site).holding or {}).get("sample")
        unit, rate = sampled(sample)
        return ("", 1.0) if sample is None else (unit, rate or 0.0)

    def _site_of(self, domain: str) -> str:
        if domain in self._sites:
            return domain
        return next((site for site, says in self._sites.items() if domain in (says.get("hosts") or ())), "")

    def _asked(self, site: str) -> Told:
        subject = self._subject
        answer = _answer({"streams": _one(subject.stream), "instruments": _one(subject.key), "scope": site})
        entry, instrument = answer["streams"].get(subject.stream), answer["instruments"].get(subject.key)
        return Told(
            revision=answer["revision"],
            refresh_seconds=answer["refresh_seconds"],
            entry=entry,
            holding=instrument if subject.key else entry,
            intake=answer["intakes"].get(entry["service"], "") if entry else "",
            why_off=self._why_off(),
        )

    def _why_off(self) -> str:
        """Which switch or window it is, where the rate is 0."""
        stream, one = self._config.find_stream(self._subject.stream), self._config.stream_set.instruments.get(self._subject.key)
        if stream is not None and not stream.is_enabled:
            return "Its stream is switched off." if one else "It is switched off."
        if stream is not None and not stream.is_open:
            return "Its stream is outside of its windows." if one else "It is outside of its windows."
        if one is not None and not one.is_enabled:
            return "It is switched off."
        return "It is outside of its windows." if one is not None and not one.is_open else ""


def places(stream: Stream, config: Snapshot) -> Mapping[str, tuple[Path, ...]]:
    """By unit, the fields of the schema that hold its identifier as the client sent it."""
    schema = config.schemas.latest(stream.schema_title)
    if schema is None:
        return {}
    service = config.services.get(stream.service)
    privacy = rules_of(stream.door, service).privacy if service else stream.door.privacy
    marked = marks_of(schema.document)
    return {
        unit: tuple(path for path in paths if fields.declared(schema.document, path) and _is_as_sent(marked, path, privacy))
        for unit, paths in _PLACES.items()
    }


def declares(config: Snapshot, paths: tuple[Path, ...], schema_id: str) -> frozenset[Path]:
    """Those of the fields that a version has; none of one that isn't known."""
    source = config.schemas.source(schema_id)
    return _declared(source, paths) if source else frozenset()


@lru_cache(maxsize=_MOST_SCHEMAS)  # versions never change
def _declared(source: Any, paths: tuple[Path, ...]) -> frozenset[Path]:
    document = source.document
    return frozenset(path for path in paths if fields.declared(document, path))


def _is_as_sent(marked: Marked | None, path: Path, privacy: PrivacyRules) -> bool:
    """False where the intake hashes or drops what is there."""
    found = marked
    for name in path:
        found = found.fields.get(name) if found else None
    return found is None or not found.kind or not privacy.clears_at_door


def _one(name: str) -> str:
    """The name as the address takes it, where | stands between several; `-`, which names nothing, for what can't be one."""
    return name if name and "|" not in name and len(name) <= _LONGEST_NAME else "-"


def _answer(asked: Mapping[str, str]) -> Any:
    address = reverse("api-client")
    request = HttpRequest()
    request.method, request.path = "GET", address
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "REQUEST_METHOD": "GET"}
    request.GET = QueryDict(urlencode({name: text for name, text in asked.items() if text}))
    found = resolve(address)
    response = found.func(request, *found.args, **found.kwargs)
    return orjson.loads(response.content)
