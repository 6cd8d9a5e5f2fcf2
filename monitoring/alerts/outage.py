"""Tells of a database that is away, which is where alerts, rules and receivers stand: by what was known before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from eventplatform.core.errors import PlatformError
from monitoring.alerts import kinds, lookups, wording
from monitoring.alerts.channels import CHANNELS
from monitoring.alerts.models import Alert, AlertNotification, AlertReceiver
from monitoring.alerts.rules import rule_for

log = logging.getLogger(__name__)

KIND = "part.database"
_PATIENCE_SECONDS = 45.0
_MIRROR_SECONDS = 60.0
_READ_EVERY = 12  # rounds of the watcher: once a minute


@dataclass
class Outage:
    """Remembers who is to be told of it, and whether they were."""

    receivers: Sequence[AlertReceiver] = ()
    told: list[AlertReceiver] = field(default_factory=list)
    _since: float | None = None
    _began_at: datetime | None = None
    _mirrored: float = 0.0
    _rounds: int = 0

    def is_over(self) -> None:
        """The database answers: whoever was told hears of it, and those to be told are read anew."""
        if self.told:
            self._tell([one for one in self.told if one.tells_ends], is_over=True)
        if self._since is not None or self._rounds % _READ_EVERY == 0:
            self.receivers = _hearing()
        self._since, self.told = None, []
        self._rounds += 1

    def lasts(self, now: float) -> None:
        """The database doesn't answer; after a while it is told, once. An Alertmanager forgets what it hears only once."""
        if self._since is None:
            self._since, self._began_at = now, timezone.now()
        if not self.told and now - self._since >= _PATIENCE_SECONDS:
            self.told, self._mirrored = self._tell(self.receivers, is_over=False), now
        elif self.told and now - self._mirrored >= _MIRROR_SECONDS:
            self._tell([one for one in self.told if one.kind == AlertReceiver.Kind.ALERTMANAGER], is_over=False)
            self._mirrored = now

    def _tell(self, receivers: Sequence[AlertReceiver], *, is_over: bool) -> list[AlertReceiver]:
        return [one for one in receivers if _sent(one, self._message(is_over=is_over))]

    def _message(self, *, is_over: bool) -> AlertNotification:
        kind, now = kinds.KINDS[KIND], timezone.now()
        alert = Alert(
            pk=0,
            key=f"{KIND}:",
            kind=KIND,
            level="fail",
            what=kind.title,
            why=kind.means,
            remedy=kind.mend[0],
            phase="resolved" if is_over else "open",
            began_at=self._began_at or now,
            opened_at=self._began_at or now,
            resolved_at=now if is_over else None,
        )
        opened, ended = ([], [alert]) if is_over else ([alert], [])
        title = wording.subject(opened, ended, [])
        return AlertNotification(
            pk=int(now.timestamp()),
            subject=title,
            text=wording.text(opened, ended, [], now),
            facts=wording.facts([alert], rule="", title=title, kind="news", now=now),
        )


def _hearing() -> list[AlertReceiver]:
    """Who hears of such an alert, now that it can be read."""
    rule = rule_for(lookups.rules(), KIND, "", "fail")
    return list(AlertReceiver.objects.filter(pk__in=[*rule.receivers, *rule.mirrors]))


def _sent(receiver: AlertReceiver, message: AlertNotification) -> bool:
    try:
        CHANNELS[receiver.kind](receiver, message)
    except Exception as error:
        # Whatever it was, the others must hear of it, and the watcher goes on.
        is_known = isinstance(error, PlatformError)
        log.warning(
            "alert.not_sent", extra={"receiver": receiver.name, "reason": str(error)}, exc_info=None if is_known else error
        )
        return False
    log.info("alert.outage_told", extra={"receiver": receiver.name})
    return True
