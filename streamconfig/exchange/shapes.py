"""What a parsed file means: our document, Wikimedia's configuration in its layers, or an answer of the streamconfigs API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamconfig.configuration import php
from streamconfig.configuration.document import Document
from streamconfig.configuration.sections import NAMES, is_scope
from streamconfig.exchange.api_answers import entries_of
from streamconfig.exchange.errors import ApiAnswerError, UnreadableError
from streamconfig.exchange.keeping import with_own_keys

_LAYERED = "overrides_by_wiki_tag"
_OURS = {"defaults", "streams", *NAMES}
# Names of MediaWiki's settings and of the file that gathers production's → the part that they are.
_PARTS = {
    "wgEventStreams": "streams",
    "wgEventStreamsDefaultSettings": "defaults",
    "streams": "streams",
    "defaults": "defaults",
}
_PLAIN = "default"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A document in our shape, and what of the file has no place in it."""

    document: dict[str, Any]
    notices: tuple[str, ...] = ()
    is_ours: bool = False

    @property
    def parts(self) -> frozenset[str] | None:
        """The parts that the file says all of, where it is complete; None: every one that there is."""
        return None if self.is_ours else frozenset(self.document)


def meaning_of(parsed: Any, before: Document) -> Meaning:
    """The document that a parsed file means; `before` is what holds, and keeps what the file has no words for.

    Raises:
        ApiAnswerError: an API's error.
        UnreadableError: no configuration at all.
    """
    if not isinstance(parsed, Mapping):
        raise UnreadableError("The file is no map of settings.")
    if "error" in parsed and "streams" not in parsed:
        error = parsed["error"] if isinstance(parsed["error"], Mapping) else {}
        raise ApiAnswerError(f"The answer is an error: {error.get('code', '')} {error.get('info', '')}".strip()[:300])
    if _is_answer(parsed):
        entries, notices = entries_of(parsed["streams"], before)
        return Meaning({"streams": entries}, notices)
    if _is_wikimedias(parsed):
        return _wikimedias(parsed, before)
    if not _OURS & set(parsed) and _is_bare(parsed):
        return _wikimedias({"wgEventStreams": parsed}, before)
    return Meaning(dict(parsed), is_ours=True)


def _is_answer(parsed: Mapping[str, Any]) -> bool:
    streams = parsed.get("streams")
    return (
        isinstance(streams, Mapping)
        and set(parsed) <= {"streams", "warnings", "batchcomplete"}
        and bool(streams)
        and all(isinstance(one, Mapping) and {"stream", "topics"} <= one.keys() for one in streams.values())
    )


def _is_bare(parsed: Mapping[str, Any]) -> bool:
    """Streams alone, or their layers, without a name above them."""
    return _is_layered(parsed) or any(isinstance(one, Mapping) and "schema_title" in one for one in parsed.values())


def _is_wikimedias(parsed: Mapping[str, Any]) -> bool:
    return any(str(name).startswith("wg") for name in parsed) or _LAYERED in parsed or _is_layered(parsed.get("defaults"))


def _is_layered(value: Any) -> bool:
    """True for a setting with values by wiki and tag: `default`, `+private`, `enwiki`."""
    return (
        isinstance(value, Mapping)
        and _PLAIN in value
        and all(isinstance(one, Mapping) or one == [] for one in value.values())
        and all(is_scope(str(key)) for key in value)
    )


def _wikimedias(parsed: Mapping[str, Any], before: Document) -> Meaning:
    document: dict[str, Any] = {}
    overrides: dict[str, dict[str, Any]] = {}
    others: dict[str, Any] = {}
    for name, value in parsed.items():
        part = _PARTS.get(str(name))
        if (part or name == _LAYERED) and not php.is_array(value):
            raise UnreadableError(f"{name} is no array of settings.")
        if part:
            layers = dict(value) if _is_layered(value) else {_PLAIN: value}
            document[part] = _map(layers.pop(_PLAIN))
        elif name == _LAYERED:
            part, layers = "streams", _map(value)
        else:
            others[str(name)] = value
            continue
        for key, held in layers.items():
            overrides.setdefault(str(key), {})[part] = _named(held) if part == "streams" else _map(held)
    if "streams" in document:
        named = _named(document["streams"])
        document["streams"] = with_own_keys(named, before) if isinstance(named, Mapping) else named
    for key, override in before.section("overrides").items():
        if key in overrides:  # why it is there, and whatever else such a file has no words for
            overrides[key] |= {name: held for name, held in override.items() if name not in _PARTS.values()}
    is_layered = _LAYERED in parsed or any(map(_is_layered, parsed.values()))
    notices = _left_out(others, document.get("streams", before.as_json().get("streams")))
    return Meaning({**document, **({"overrides": overrides} if is_layered else {})}, tuple(notices))


def _left_out(others: Mapping[str, Any], streams: Any) -> Iterator[str]:
    """What has no place here; of a client's list of streams also which of its names nobody configures any more."""
    for name, value in others.items():
        if name.startswith("_"):
            continue
        yield f"{name} has no place in this configuration and is left out."
        values = value.get(_PLAIN, value) if isinstance(value, Mapping) else value
        is_list = name.lower().replace("_", "").endswith("streamnames") and isinstance(values, list)
        known = streams if isinstance(streams, Mapping) else {}
        for one in values if is_list else ():
            if isinstance(one, str) and one not in known:
                yield f"{name} names the stream {one[:249]}, which isn't configured: take it off that list."


def _named(streams: Any) -> Any:
    """Streams by name; an entry without a key of its own takes the name from its setting `stream`."""
    found: dict[str, Any] = {}
    if not php.is_array(streams):
        return streams
    for key, held in _map(streams).items():
        name = key
        if str(key).isdigit() and isinstance(held, Mapping) and isinstance(held.get("stream"), str):
            name = held["stream"]
        found[name] = _map(held) if held == [] else held
    return found


def _map(value: Any) -> Any:
    """PHP has one kind of array: an empty or numbered one may stand for a map."""
    return {str(index): held for index, held in enumerate(value)} if isinstance(value, list) else value
