"""The outbox's rows over Django's ORM; implements `eventclient.outbox.store.Store`."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from eventclient.outbox.django.models import OutboxEvent
from eventclient.outbox.entries import Entry, State
from eventclient.outbox.fates import Fate, Settlement
from eventclient.outbox.store import Counts


class DjangoStore:
    """Rows of the database `using`.

    Where the database can skip locked rows (Postgres, MySQL 8, MariaDB 10.6), relays pass each other by. On SQLite a row
    belongs to the relay whose single UPDATE found it still due; the others get fewer rows and ask again.
    """

    def __init__(self, using: str = DEFAULT_DB_ALIAS) -> None:
        self._using = using

    def claim(self, token: str, limit: int, now: datetime, until: datetime) -> Sequence[Entry]:
        """See `Store.claim`."""
        connection = connections[self._using]
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # nobody else opens a new one after the database was away
        with self._choosing():
            chosen = list(self._lockable(self._due(now)).values_list("pk", flat=True)[:limit])
            still_due = self._rows().filter(pk__in=chosen, state=State.WAITING, due_at__lte=now)
            still_due.update(token=token, due_at=until, tries=F("tries") + 1)
        taken = self._rows().filter(token=token).order_by("pk") if chosen else ()
        return [Entry(row.pk, row.event_id, row.stream, row.body, row.written_at, row.tries) for row in taken]

    def settle(self, token: str, settlements: Sequence[Settlement], now: datetime) -> int:
        """See `Store.settle`."""
        alike: defaultdict[tuple[Fate, datetime | None], list[int]] = defaultdict(list)
        for one in settlements:
            alike[one.fate, one.due_at].append(one.row)
        with transaction.atomic(using=self._using):
            return sum(self._written(token, rows, fate, due_at, now) for (fate, due_at), rows in alike.items())

    def clean(self, sent_before: datetime, limit: int) -> int:
        """See `Store.clean`."""
        old = self._rows().filter(state=State.SENT, settled_at__lt=sent_before).order_by("settled_at")
        found = list(old.values_list("pk", flat=True)[:limit])
        return self._rows().filter(pk__in=found).delete()[0] if found else 0

    def requeue(self, code: str, now: datetime) -> int:
        """See `Store.requeue`."""
        refused = self._rows().filter(state=State.REFUSED, **({"code": code} if code else {}))
        return refused.update(state=State.WAITING, due_at=now, token="", tries=0, settled_at=None)

    def counts(self, now: datetime) -> Counts:
        """See `Store.counts`."""
        found = dict(self._rows().values_list("state").annotate(count=Count("pk")).order_by())
        oldest = self._rows().filter(state=State.WAITING).aggregate(oldest=Min("written_at"))["oldest"]
        waited = (now - oldest).total_seconds() if oldest else 0.0
        return Counts(found.get("waiting", 0), found.get("sent", 0), found.get("refused", 0), max(0.0, waited))

    def _rows(self) -> QuerySet[OutboxEvent]:
        return OutboxEvent.objects.using(self._using)

    def _due(self, now: datetime) -> QuerySet[OutboxEvent]:
        """Rows that are due; of a key only its first that waits, so that the order holds whoever takes it."""
        earlier = self._rows().filter(key=OuterRef("key"), state=State.WAITING, pk__lt=OuterRef("pk"))
        return self._rows().filter(Q(key="") | ~Exists(earlier), state=State.WAITING, due_at__lte=now).order_by("pk")

    def _lockable(self, rows: QuerySet[OutboxEvent]) -> QuerySet[OutboxEvent]:
        features = connections[self._using].features
        if not features.has_select_for_update:
            return rows
        return rows.select_for_update(skip_locked=features.has_select_for_update_skip_locked)

    @contextlib.contextmanager
    def _choosing(self) -> Iterator[None]:
        """A transaction where locks can be had. SQLite turns no reader into a writer: there each statement stands alone."""
        connection = connections[self._using]
        if not connection.features.has_select_for_update:
            yield
            return
        if connection.vendor == "mysql" and not connection.in_atomic_block:
            with connection.cursor() as cursor:  # else its locks reach between rows, and keep callers from writing new ones
                cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        with transaction.atomic(using=self._using):
            yield

    def _written(self, token: str, rows: Sequence[int], fate: Fate, due_at: datetime | None, now: datetime) -> int:
        own = self._rows().filter(pk__in=rows, token=token, state=State.WAITING)
        if due_at is not None:
            return own.update(due_at=due_at, token="", code=fate.code, message=fate.message)
        if fate.kind == "sent":
            return own.update(state=State.SENT, settled_at=now, token="")
        texts = {"code": fate.code, "pointer": fate.pointer, "message": fate.message, "remedy": fate.remedy}
        return own.update(state=State.REFUSED, settled_at=now, token="", **texts)
