"""What needs attention about producer keys: an end that is near, uses after a rotation, and uses of keys that are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime

from eventplatform.panels import Trouble
from intake.keys import lookups, peppers
from intake.keys.lookups import KeyView

_RECENT = timedelta(days=1)
_MOST = 20  # lines of one list


def troubles() -> list[Trouble]:
    """A line for each key that somebody must look after."""
    return [one for view in lookups.every() for one in of(view)][:_MOST]


def of(view: KeyView) -> list[Trouble]:
    """What is wrong with one key."""
    return [*_of(view)]


def _of(view: KeyView) -> Iterator[Trouble]:
    row, now = view.row, timezone.now()
    refused = row.last_refused_at
    if view.state == "unreadable":
        why = "It was hashed with one of ENCRYPTION_KEYS that is no longer there."
        yield _trouble(view, "unreadable", "can't be checked any more", why, "Put that key back, or hand over another.")
    elif not view.is_over and row.pepper != peppers.newest()[0]:
        why = "It was hashed with an older one of ENCRYPTION_KEYS, and ends with it."
        yield _trouble(view, "old_pepper", "hangs on an old encryption key", why, "Rotate it before the old one is taken out.")
    if view.state == "ends soon":
        why = f"It ends at {_moment(row.expires_at)}; then its events are refused with 401."
        used = "Rotate it, and hand the successor to whoever sends with it."
        yield _trouble(view, "ends_soon", "ends soon", why, used if row.last_used_at else "Nobody has used it: let it end.")
    if view.state == "replaced" and view.is_used_after:
        why = f"It was last used at {_moment(row.last_used_at)}, and goes on until {_moment(row.expires_at)}."
        remedy = "Have its programs send the successor before that."
        yield _trouble(view, "used_after_rotation", "is still used after its rotation", why, remedy)
    if view.is_over and refused is not None and refused > now - _RECENT:
        why = f"It was {view.state}, yet somebody showed it at {_moment(refused)}; those events were refused with 401."
        remedy = "Find the program by its client address, and stop it."
        yield _trouble(view, "used_after_end", "is shown though it is over", why, remedy)


def _trouble(view: KeyView, kind: str, what: str, why: str, remedy: str) -> Trouble:
    return Trouble(
        level="fail" if kind == "unreadable" else "warn",
        what=f"The producer key {view.row.name} ({view.row.prefix}…) {what}",
        why=why,
        link=reverse("key", args=[view.row.pk]),
        remedy=remedy,
        kind=f"key.{kind}",
        subject=view.row.prefix,
    )


def _moment(moment: object) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M} UTC" if moment else "no set time"  # type: ignore[arg-type]  # a datetime
