"""What lint finds in the configuration as it holds now: looked for once per snapshot and day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from django.contrib.auth.models import Group
from django.db import DatabaseError

from eventplatform import panels
from eventplatform.panels import Trouble
from streamconfig import lookups
from streamconfig.change_control.actors import TEAM_PREFIX
from streamconfig.configuration.document import merged
from streamconfig.lint import linter
from streamconfig.lint.finding import Finding
from streamconfig.snapshots import Snapshot

_SHOWN = 3  # names in one line of trouble


def current() -> tuple[Finding, ...]:
    """Everything that lint finds now, errors first."""
    snapshot = lookups.snapshot()
    return _found(snapshot.tag, snapshot.schemas.revision, datetime.now(UTC).date().isoformat())


@lru_cache(maxsize=2)
def _found(_tag: str, _schemas: int, _day: str) -> tuple[Finding, ...]:
    """For a state and a day; connectors and groups that come or go in between are seen with the next of either."""
    return now()


def now(lists: Mapping[str, Collection[str]] | None = None) -> tuple[Finding, ...]:
    """The same, looked for anew; each name of `lists` should be a stream's."""
    snapshot = lookups.snapshot()
    return linter.lint(
        snapshot.document,
        at=datetime.now(UTC),
        titles=_titles(snapshot),
        connectors=_connectors(),
        groups=_groups(),
        lists=lists,
    )


def _titles(snapshot: Snapshot) -> Collection[str] | None:
    """The schema titles of streams that exist; None where no schema was read yet."""
    if not snapshot.schemas.revision:
        return None
    document = snapshot.document
    named = {merged(document.defaults, entry).get("schema_title") for entry in document.entries}
    return {title for title in named if isinstance(title, str) and snapshot.schemas.has_title(title)}


def _connectors() -> Collection[str] | None:
    """Names that `consumers` of streams may use: a connector's own and its target's; None where they can't be read."""
    try:
        found = panels.call("connectors.names", default=None)
    except DatabaseError:
        return None
    return None if found is None else {name for one in found for name in (one.name, one.target)}


def _groups() -> Collection[str] | None:
    try:
        return {name for name in Group.objects.values_list("name", flat=True) if not name.startswith(TEAM_PREFIX)}
    except DatabaseError:
        return None


def troubles() -> list[Trouble]:
    """One line for all errors; warnings stay on their page."""
    errors = [one for one in current() if one.level == "error"]
    if not errors:
        return []
    names = list(dict.fromkeys(one.name for one in errors))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    what = f"{len(errors)} {'error' if len(errors) == 1 else 'errors'} in the configuration: {', '.join(names[:_SHOWN])}{more}"
    return [Trouble("fail", what, errors[0].message, "/streams/findings", errors[0].remedy)]
