"""What lint finds in the configuration as it holds now: looked for once per snapshot and day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import partial

from django.contrib.auth.models import Group
from django.db import DatabaseError

from eventplatform import panels
from eventplatform.panels import Trouble
from streamconfig import client_schemas
from streamconfig.change_control.actors import TEAM_PREFIX
from streamconfig.configuration.document import merged
from streamconfig.lint import linter
from streamconfig.lint.finding import Finding
from streamconfig.snapshots import Snapshot

_SHOWN = 3  # names in one line of trouble
_kept: dict[tuple[str, int, date], tuple[Finding, ...]] = {}


def known(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Everything that lint finds in a snapshot, errors first.

    Looked for once per state and day; connectors and groups that come or go in between are seen with the next of either.
    """
    key = (snapshot.tag, snapshot.schemas.revision, datetime.now(UTC).date())
    found = _kept.get(key)
    if found is None:
        found = of(snapshot)
        _kept.clear()
        _kept[key] = found
    return found


def of(snapshot: Snapshot, lists: Mapping[str, Collection[str]] | None = None) -> tuple[Finding, ...]:
    """The same, looked for anew; each name of `lists` should be a stream's."""
    return linter.lint(
        snapshot.document,
        at=datetime.now(UTC),
        titles=_titles(snapshot),
        connectors=_connectors(),
        groups=_groups(),
        lists=lists,
        has_field=partial(client_schemas.has_field, snapshot.schemas) if snapshot.schemas.revision else None,
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


def troubles(found: Iterable[Finding]) -> list[Trouble]:
    """One line for all errors; warnings stay on their page."""
    errors = [one for one in found if one.level == "error"]
    if not errors:
        return []
    names = list(dict.fromkeys(one.name for one in errors))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    what = f"{len(errors)} {'error' if len(errors) == 1 else 'errors'} in the configuration: {', '.join(names[:_SHOWN])}{more}"
    first, link = errors[0], "/streams/findings"
    return [Trouble("fail", what, first.message, link, first.remedy, kind="configuration.errors", subject="configuration")]
