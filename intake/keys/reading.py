"""The ring of all keys that this process knows: read anew when a key has changed, kept while the database is away."""

from __future__ import annotations

import math

from django.db.models import Max

from eventplatform.guard.keys import KeyRing, ProducerKey, Scope
from intake import models
from intake.keys import peppers, platform_key


class KeySource:
    """Any thread may ask for `ring`; one refreshes it."""

    def __init__(self) -> None:
        # The platform's own key stands in no database: canaries pass from the start.
        self.ring = KeyRing(platform_key.keys(), peppers.peppers(), is_complete=False)

    def refresh(self) -> KeyRing:
        """The ring that holds now; one cheap query where nothing has changed.

        Raises:
            django.db.DatabaseError: the database is away; `ring` goes on with what it has.
        """
        # Read before the keys: what changes meanwhile is then read again, never missed.
        version: int = models.KeysVersion.objects.aggregate(newest=Max("number"))["newest"] or 0
        ring = self.ring
        if not ring.is_complete or ring.version != version:
            rows = models.ProducerKey.objects.all()
            ring = KeyRing([*platform_key.keys(), *map(_key, rows)], peppers.peppers(), version=version)
            self.ring = ring
        return ring


def _key(row: models.ProducerKey) -> ProducerKey:
    return ProducerKey(
        id=row.pk,
        name=row.name,
        prefix=row.prefix,
        digest=bytes.fromhex(row.digest),
        pepper=row.pepper,
        streams=Scope.of(row.streams),
        services=Scope.of(row.services or ["*"]),
        expires_at=row.expires_at.timestamp() if row.expires_at else math.inf,
        is_revoked=row.revoked_at is not None,
        events_per_second=row.events_per_second,
        events_per_day=row.events_per_day,
    )
