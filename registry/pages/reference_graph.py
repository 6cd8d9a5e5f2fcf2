"""Reads which schemas a version is made of and which are made of it, level by level."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from eventplatform.core.names import split_schema_id
from registry.models import SchemaReference, SchemaTitle, SchemaVersion
from registry.pages import graph
from registry.pages import links as page_links

_LEVELS = 6
_MOST = 400  # references followed in one direction


@dataclass(frozen=True, slots=True)
class Related:
    """A schema on the way; `newer` is a later version of the same title, where there is one."""

    schema_id: str
    title: str
    version: str
    link: str
    level: int
    newer: str = ""


@dataclass(frozen=True, slots=True)
class References:
    """What a version is made of and what is made of it; `is_cut` where there is more than is shown."""

    uses: tuple[Related, ...]
    used_by: tuple[Related, ...]
    picture: graph.Picture | None
    is_cut: bool


def of_version(version: SchemaVersion) -> References:
    """The whole way in both directions; of what uses it, only the newest version of each title that does."""
    down, down_edges = _uses(version.schema_id)
    up, up_edges = _used_by(version.schema_id)
    known, newest = _known({*down, *up})
    uses, used_by = _related(down, known, newest), _related(up, known, newest)
    edges = [*down_edges, *up_edges]
    picture = graph.laid_out(_nodes(version, (*uses, *used_by)), edges, version.schema_id) if edges else None
    return References(uses, used_by, picture, max(len(down_edges), len(up_edges)) >= _MOST)


def _uses(schema_id: str) -> tuple[dict[str, int], list[tuple[str, str]]]:
    levels, frontier = {schema_id: 0}, {schema_id}
    edges: list[tuple[str, str]] = []
    for level in range(1, _LEVELS + 1):
        rows = SchemaReference.objects.filter(version__schema_id__in=frontier).order_by("target_id")
        found = list(rows.values_list("version__schema_id", "target_id")[: _MOST - len(edges)])
        frontier = {target for _, target in found} - set(levels)
        edges += found
        levels.update(dict.fromkeys(frontier, level))
        if not frontier or len(edges) >= _MOST:
            break
    del levels[schema_id]
    return levels, edges


def _used_by(schema_id: str) -> tuple[dict[str, int], list[tuple[str, str]]]:
    own, _ = split_schema_id(schema_id)
    levels, frontier = {schema_id: 0}, {schema_id}
    edges: list[tuple[str, str]] = []
    for level in range(1, _LEVELS + 1):
        rows = SchemaReference.objects.filter(target_id__in=frontier).exclude(version__title__name=own)
        rows = rows.order_by("target_id", "version__title_id", "-version__major", "-version__minor", "-version__patch")
        newest = rows.distinct("target_id", "version__title_id")
        found = list(newest.values_list("version__schema_id", "target_id")[: _MOST - len(edges)])
        frontier = {user for user, _ in found} - set(levels)
        edges += found
        levels.update(dict.fromkeys(frontier, level))
        if not frontier or len(edges) >= _MOST:
            break
    del levels[schema_id]
    return levels, edges


def _known(ids: Collection[str]) -> tuple[set[str], dict[str, str]]:
    """Which of the ids are published, and the newest version of each title."""
    published = set(SchemaVersion.objects.filter(schema_id__in=ids).order_by().values_list("schema_id", flat=True))
    titles = {split_schema_id(schema_id)[0] for schema_id in ids}
    latest = SchemaTitle.objects.filter(name__in=titles).order_by().values_list("name", "latest__schema_id")
    return published, {title: split_schema_id(newest)[1] for title, newest in latest if newest}


def _related(levels: dict[str, int], known: set[str], newest: dict[str, str]) -> tuple[Related, ...]:
    found = []
    for schema_id, level in sorted(levels.items(), key=lambda one: (one[1], one[0])):
        title, version = split_schema_id(schema_id)
        newer = newest.get(title, version)
        link = page_links.version_link(schema_id) if schema_id in known else ""
        found.append(Related(schema_id, title, version, link, level, newer if newer != version else ""))
    return tuple(found)


def _nodes(version: SchemaVersion, related: tuple[Related, ...]) -> dict[str, graph.Node]:
    link = page_links.version_link(version.schema_id)
    own = graph.Node(version.title.name, version.version, f"{link}?tab=references", is_self=True)
    others = {
        one.schema_id: graph.Node(one.title, one.version, f"{one.link}?tab=references" if one.link else "") for one in related
    }
    return {**others, version.schema_id: own}


def tab(version: SchemaVersion) -> dict[str, Any]:
    """What the tab shows."""
    found = of_version(version)
    users = list(dict.fromkeys(one.title for one in found.used_by))
    return {"references": found, "user_titles": users, "box_height": graph.BOX_HEIGHT}
