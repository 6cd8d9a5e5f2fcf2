"""The only writers of producer keys: make, rotate, change, revoke; each is told to all processes and kept with its author."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from eventplatform.core.errors import RejectedError
from eventplatform.guard import key_text
from intake.keys import peppers
from intake.models import KeyAct, KeysVersion, ProducerKey

log = logging.getLogger(__name__)

MOST_WORDS = 200  # of a scope
_WORD = re.compile(r"[A-Za-z0-9._/-]{1,249}\*?|\*", re.ASCII)
_VERSION_ROW = 1


class KeyWishRefusedError(RejectedError):
    """A key can't be made, rotated or changed so."""

    code = "key.wish_refused"
    message = "{reason}"
    remedy = "Give it a name, at least one stream, and a moment to come as its end."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a key should be; an empty list of services means all of them."""

    name: str
    streams: Sequence[str]
    services: Sequence[str] = ()
    expires_at: datetime | None = None
    events_per_second: float | None = None
    events_per_day: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A new key; `secret` is shown once."""

    row: ProducerKey
    secret: str = field(repr=False)


def make(*, by: str, wish: Wish) -> Made:
    """A new key.

    Raises:
        KeyWishRefusedError: it would have no name, no stream, an end that is over or a limit that is none.
    """
    with transaction.atomic():
        made = _insert(by=by, wish=wish, replaces=None)
        _note(made.row, KeyAct.Verb.MADE, by, streams=_told(made.row.streams), services=_told(made.row.services))
    return made


def rotate(key: ProducerKey, *, by: str, until: datetime, expires_at: datetime | None = None) -> Made:
    """A successor with the same scope and limits; `key` goes on until `until`.

    Raises:
        KeyWishRefusedError: the key is revoked or has a successor, or the moment is over.
    """
    with transaction.atomic():
        old = ProducerKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
        if old.revoked_at is not None or ProducerKey.objects.filter(replaces=old).exists():
            raise KeyWishRefusedError(reason=f"{old} is revoked or has a successor already.")
        if until <= timezone.now():
            raise KeyWishRefusedError(reason="The old key must go on until a moment to come, else revoke it.")
        wish = Wish(old.name, old.streams, old.services, expires_at, old.events_per_second, old.events_per_day, old.note)
        made = _insert(by=by, wish=wish, replaces=old)
        old.expires_at = min(until, old.expires_at or until)
        old.save(update_fields=["expires_at"])
        _note(old, KeyAct.Verb.ROTATED, by, successor=made.row.prefix, until=_told(old.expires_at))
        _note(made.row, KeyAct.Verb.MADE, by, replaces=old.prefix)
    return made


def check(wish: Wish, *, known_end: datetime | None = None) -> None:
    """Whether a wish can be fulfilled; an end that is over passes where it is the known one.

    Raises:
        KeyWishRefusedError: as for `make`.
    """
    _checked(wish, known_end=known_end)


def change(key: ProducerKey, *, by: str, wish: Wish) -> ProducerKey:
    """Give a key another name, scope, end or limit; its secret stays.

    Raises:
        KeyWishRefusedError: as for `make`; or the key is revoked.
    """
    facts = _checked(wish, known_end=key.expires_at)
    with transaction.atomic():
        row = ProducerKey.objects.select_for_update().get(pk=key.pk)
        if row.revoked_at is not None:
            raise KeyWishRefusedError(reason=f"{row} is revoked.")
        was = {name: getattr(row, name) for name in facts}
        for name, value in facts.items():
            setattr(row, name, value)
        row.save(update_fields=[*facts])
        changed = {name: f"{_told(was[name])} → {_told(value)}" for name, value in facts.items() if was[name] != value}
        _note(row, KeyAct.Verb.CHANGED, by, **changed)
    return row


def revoke(key: ProducerKey, *, by: str) -> bool:
    """Take a key back at once and for good; False where it was already."""
    with transaction.atomic():
        if not ProducerKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            return False
        _note(key, KeyAct.Verb.REVOKED, by)
    return True


def _insert(*, by: str, wish: Wish, replaces: ProducerKey | None) -> Made:
    facts = _checked(wish)
    shown = key_text.new_key()
    pepper_name, pepper = peppers.newest()
    row = ProducerKey.objects.create(
        **facts,
        prefix=shown.prefix,
        digest=key_text.digest(shown.whole, pepper).hex(),
        pepper=pepper_name,
        created_by=by,
        replaces=replaces,
    )
    return Made(row, shown.whole)


def _checked(wish: Wish, *, known_end: datetime | None = None) -> dict[str, Any]:
    """The columns of a wish."""
    name = wish.name.strip()
    if not name or len(name) > 100 or "\0" in name + wish.note:  # noqa: PLR2004  # the column's length
        raise KeyWishRefusedError(reason="A key needs a name of at most 100 characters.")
    streams, services = _words(wish.streams), _words(wish.services)
    if not streams:
        raise KeyWishRefusedError(reason="A key needs at least one stream, or a beginning of names such as page_*.")
    if wish.expires_at is not None and wish.expires_at <= timezone.now() and wish.expires_at != known_end:
        raise KeyWishRefusedError(reason="The key would expire before it is used.")
    if any(limit is not None and limit <= 0 for limit in (wish.events_per_second, wish.events_per_day)):
        raise KeyWishRefusedError(reason="A limit is more than nothing; revoke the key, if it should send nothing.")
    return {
        "name": name,
        "streams": streams,
        "services": services,
        "expires_at": wish.expires_at,
        "events_per_second": wish.events_per_second,
        "events_per_day": wish.events_per_day,
        "note": wish.note.strip(),
    }


def _words(given: Sequence[str]) -> list[str]:
    words = sorted({word.strip() for word in given if word.strip()})
    wrong = [word for word in words if not _WORD.fullmatch(word)]
    if wrong or len(words) > MOST_WORDS:
        which = f"“{wrong[0][:100]}” is no name and no beginning of names." if wrong else f"At most {MOST_WORDS} names fit."
        raise KeyWishRefusedError(reason=which)
    return words


def _told(value: object) -> str:
    """A column's value in the words of a history."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return ", ".join(map(str, value)) or "all" if isinstance(value, list) else str("none" if value is None else value)


def _note(key: ProducerKey, verb: KeyAct.Verb, by: str, **facts: object) -> None:
    """Keep who did it, and let every process know: in the transaction of the change itself."""
    KeyAct.objects.create(key=key, verb=verb, by=by, facts=facts)
    KeysVersion.objects.get_or_create(pk=_VERSION_ROW)
    KeysVersion.objects.filter(pk=_VERSION_ROW).update(number=F("number") + 1)
    log.info("key.%s", verb.value, extra={"key": key.pk, "prefix": key.prefix, "who": by})
