"""What each setting of a stream may hold: one table, and the errors that teach."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from eventplatform.core.keeping import MODES, POLICIES, PRIVACY_ACTIONS, PRIVACY_KINDS, STREAM_ACCESSES
from eventplatform.core.names import is_topic_name
from eventplatform.core.streams import SampleUnit
from streamconfig.configuration import json_values
from streamconfig.configuration.topics import BadPatternError, compile_pattern, is_pattern

UNITS: tuple[str, ...] = get_args(SampleUnit)
SCALES = ("small", "medium", "large")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry can't be used: the stream, the place in it as a JSON pointer, a stable code, what to do."""

    stream: str
    pointer: str
    code: str
    message: str
    remedy: str
    section: str = "streams"  # where `stream` is the key of another section's item

    def __str__(self) -> str:
        return f"{self.stream}{self.pointer}: {self.message} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Check:
    """A test of one setting; None always passes, since null means "clear what the defaults say"."""

    is_fine: Callable[[Any], bool]
    message: str
    remedy: str


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_topics(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, str) and (is_pattern(item) or is_topic_name(item)) for item in value
    )


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping) or value == []  # PHP prints an empty map as an empty list


def _is_text_map(value: Any) -> bool:
    return _is_map(value) and all(_is_text(item) for item in dict(value).values())


def _is_headers(value: Any) -> bool:
    return _is_map(value) and all(held is False or held is None or _is_text(held) for held in dict(value).values())


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= 1


def _is_speed(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _are_pointers(value: Any) -> bool:
    return is_texts(value) and bool(value) and all(item.startswith("/") for item in value)


def _is_privacy(value: Any) -> bool:
    return _is_map(value) and all(
        kind in PRIVACY_KINDS and held in (*PRIVACY_ACTIONS, None) for kind, held in dict(value).items()
    )


def _one_of(words: tuple[str, ...]) -> Check:
    return Check(lambda value: value in words, f"must be one of {', '.join(words)}.", "Choose one of them, or leave it out.")


TEXT = Check(_is_text, "must be text.", "Write a name, or leave the setting out.")
FLAG = Check(lambda value: isinstance(value, bool), "must be true or false.", "Write true or false without quotes.")
MAP = Check(_is_map, "must be a map.", "Write names and values, or leave the setting out.")
TEXT_MAP = Check(_is_text_map, "must map names to paths of fields.", "Write for example page_id: page.page_id.")
PREFIXES = Check(is_texts, "must be a list of prefixes, or null for none.", 'Write for example ["eqiad.", "codfw."].')
TOPICS = Check(_is_topics, "must be a list of topic names.", "Use letters, digits, dot, - and _ only, at most 249 of them.")
UNIT = Check(lambda value: value in UNITS, "must be pageview, session or device.", "Choose one of the three.")
RATE = Check(_is_rate, "must be a number from 0 to 1.", "Write 0.05 for 5 %.")
TEXTS = Check(is_texts, "must be a list of names.", 'Write for example ["page_id", "page_title"].')
HEADERS = Check(
    _is_headers, "must map fields to names of headers, or to false.", "Write for example meta.request_id: x-request-id."
)
SCALE = Check(lambda value: value in SCALES, "must be small, medium or large.", "Choose one of the three.")
SPEED = Check(_is_speed, "must be a number above 0.", "Write it without quotes, such as 200.")
POINTERS = Check(_are_pointers, "must be a list of JSON pointers.", 'Write for example ["/wiki_id", "/page/page_id"].')
PRIVACY = Check(
    _is_privacy,
    f"must map kinds of personal data ({', '.join(PRIVACY_KINDS)}) to what becomes of them.",
    f"Choose of {', '.join(PRIVACY_ACTIONS)}.",
)
TEAMS = Check(is_texts, "must be a list of teams.", 'Write for example ["web"], or leave it out for everybody with a token.')
COUNT = Check(_is_count, "must be a whole number above 0.", "Write it without quotes, such as 90.")

# Path of a setting → its check; `*` stands for any name. What isn't named here is free, as far as it is JSON.
CHECKS: Mapping[tuple[str, ...], Check] = {
    ("stream",): TEXT,
    ("schema_title",): TEXT,
    ("destination_event_service",): TEXT,
    ("topic_prefixes",): PREFIXES,
    ("topics",): TOPICS,
    ("canary_events_enabled",): FLAG,
    ("message_key_fields",): TEXT_MAP,
    ("sample",): MAP,
    ("sample", "unit"): UNIT,
    ("sample", "rate"): RATE,
    ("consumers",): MAP,
    ("consumers", "*"): MAP,
    ("consumers", "*", "enabled"): FLAG,
    ("consumers", "*", "job_name"): TEXT,
    ("consumers", "*", "spark_job_ingestion_scale"): SCALE,
    ("consumers", "*", "retention_days"): COUNT,
    ("consumers", "*", "ttl_seconds"): COUNT,
    ("consumers", "*", "batch_rows"): COUNT,
    ("consumers", "*", "records_per_second"): SPEED,
    ("consumers", "*", "mode"): _one_of(MODES),
    ("consumers", "*", "key"): POINTERS,
    ("consumers", "*", "columns"): _one_of(POLICIES),
    ("consumers", "*", "types"): _one_of(POLICIES),
    ("consumers", "*", "privacy"): PRIVACY,
    ("stream_aliases",): TEXTS,
    ("stream_out",): MAP,
    ("stream_out", "access"): _one_of(STREAM_ACCESSES),
    ("stream_out", "teams"): TEAMS,
    ("stream_out", "privacy"): PRIVACY,
    ("producers",): MAP,
    ("producers", "*"): MAP,
    ("producers", "*", "enabled"): FLAG,
    ("producers", "eventgate", "enrich_fields_from_http_headers"): HEADERS,
    ("producers", "eventgate", "use_edge_uniques"): FLAG,
    ("producers", "mediawiki_eventbus", "event_service_name"): TEXT,
    ("producers", "metrics_platform_client", "provide_values"): TEXTS,
    ("producers", "metrics_platform_client", "events"): TEXTS,
    ("producers", "metrics_platform_client", "curation"): MAP,
    ("producers", "metrics_platform_client", "stream_name"): TEXT,
    ("producers", "test_kitchen", "is_test_kitchen_stream"): FLAG,
}


def problems_of(stream: str, settings: Any) -> list[Problem]:
    """Everything that is wrong with the settings of one entry."""
    if not _is_map(settings):
        return [Problem(stream, "", "stream.not_a_map", "The settings of a stream must be a map.", MAP.remedy)]
    flaws = json_values.flaws_of(settings) if isinstance(settings, Mapping) else []
    if flaws:  # first of all: the checks of values are made for JSON
        return [Problem(stream, pointer(one.path), one.code, one.message, one.remedy) for one in flaws]
    return broken(stream, settings, CHECKS)


def broken(name: str, item: Any, checks: Mapping[tuple[str, ...], Check], *, section: str = "streams") -> list[Problem]:
    """The checks of a table that an item doesn't pass."""
    return [
        Problem(name, pointer(path), "setting.bad_value", f"{'.'.join(path)} {check.message}", check.remedy, section)
        for pattern, check in checks.items()
        for path, value in _found(item, pattern)
        if value is not None and not check.is_fine(value)
    ]


def name_problems(name: Any) -> list[Problem]:
    """What is wrong with a stream's name."""
    if not isinstance(name, str):
        return [Problem(str(name), "", "stream.bad_name", "A stream's name must be text.", "Put it in quotes.")]
    if is_pattern(name):
        try:
            compile_pattern(name)
        except BadPatternError as error:
            return [Problem(name, "", "stream.bad_pattern", str(error), "Mend the expression, as in /^job\\..+/.")]
        return []
    if is_topic_name(name):
        return []
    remedy = "Use letters, digits, dot, - and _ only, at most 249 of them."
    return [Problem(name[:249], "", "stream.bad_name", "The name can't name a topic.", remedy)]


def _found(settings: Any, pattern: tuple[str, ...], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values at a path of the table, `*` unfolded; nothing where a container is missing or no map."""
    head, *rest = pattern
    if not isinstance(settings, Mapping):
        return
    for name in list(settings) if head == "*" else [head] if head in settings else []:
        here = (*path, str(name))
        if rest:
            yield from _found(settings[name], tuple(rest), here)
        else:
            yield here, settings[name]


def pointer(path: tuple[str, ...]) -> str:
    """A path as a JSON pointer."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
