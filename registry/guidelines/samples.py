"""The documents behind the good and bad lines of the guidelines: each line is a change to one small schema."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from registry.guidelines import config
from registry.guidelines.listing import Listing
from registry.schema import documents

# A schema that keeps every guideline; what a reader of the page sees once, above all rules.
TEXT = """\
title: page/view
description: A page was shown.
$id: /page/view/1.0.0
$schema: https://json-schema.org/draft-07/schema#
type: object
additionalProperties: false
required: [$schema, meta, dt]
properties:
  $schema: {type: string, maxLength: 200, description: The id of this schema.}
  meta:
    type: object
    description: What the platform needs to know about an event.
    additionalProperties: false
    required: [stream]
    properties:
      stream: {type: string, maxLength: 249, description: The stream that it belongs to.}
      id: {type: string, maxLength: 64, description: Told apart by it.}
      dt: {type: string, format: date-time, maxLength: 40, description: When the platform took it in.}
      domain: {type: string, maxLength: 253, description: The site that it is about.}
  dt: {type: string, format: date-time, maxLength: 40, description: When it happened.}
examples:
  - $schema: /page/view/1.0.0
    meta: {stream: page.view}
    dt: '2026-01-01T09:00:00Z'
"""


def sample() -> dict[str, Any]:
    """A fresh copy of the sample schema."""
    document: dict[str, Any] = documents.load(TEXT)
    return document


def changed(text: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The sample schema with the lines of an example, and the written form where the lines are about that (`raw:`)."""
    patch = documents.load(text)
    if "raw" in patch:
        return sample(), merge(sample(), patch["raw"])
    return merge(sample(), patch), None


def versions(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The sample schema's versions that an example about evolution tells of, in its order."""
    named = documents.load(text)
    numbers = [name.partition(" ")[0] for name in named]
    return [(number, _as(f"/page/view/{number}", patch)) for number, patch in zip(numbers, named.values(), strict=True)]


def repository(text: str) -> tuple[Listing, config.Configuration]:
    """The repository that an example about files lays out; `->` begins a link's target, a dot-file holds settings."""
    texts: dict[str, str] = {}
    links: dict[str, str] = {}
    settings: dict[str, str] = {}
    for path, what in documents.load(text).items():
        if path.startswith("."):
            settings[path] = json.dumps(what)
        elif isinstance(what, str):
            links[path] = what.removeprefix("-> ")
        else:
            document = _as(what.get("$id", sample()["$id"]), what)
            texts[path] = json.dumps(_written(document) if path.endswith("current.yaml") else document)
    return Listing(texts, links), config.read(settings)


def _written(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as people write it: what is common comes in by allOf."""
    own = {name: child for name, child in document["properties"].items() if name != "meta"}
    return {**document, "properties": own, "allOf": [{"properties": {"meta": document["properties"]["meta"]}}]}


def _as(schema_id: str, patch: Mapping[str, Any]) -> dict[str, Any]:
    """The sample schema under another id, with a change."""
    named = merge(sample(), {"$id": schema_id, "examples": [{**sample()["examples"][0], "$schema": schema_id}]})
    return dict(merge(named, patch))


def merge(target: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396), but that null is a value."""
    if not isinstance(patch, Mapping) or not isinstance(target, Mapping):
        return copy.deepcopy(patch)
    names = [*target, *(name for name in patch if name not in target)]
    return {name: merge(target.get(name), patch[name]) if name in patch else target[name] for name in names}
