"""Writes the messages that are due, in the round's own transaction; nothing is sent here, so no receiver can break a round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitoring.alerts import grouping, lookups, wording
from monitoring.alerts.grouping import Due
from monitoring.alerts.models import Alert, AlertNotification, AlertReceiver
from monitoring.alerts.rules import Rule

_Kind = AlertNotification.Kind


def tell(rules: Sequence[Rule], now: datetime) -> int:
    """Write what is to be told now; the number of messages."""
    rows = {row.pk: row for row in lookups.standing_rows(now)}
    if not rows:
        return 0
    silenced = lookups.silences(now)
    alerts = [lookups.standing(row, silenced, now) for row in rows.values()]
    receivers = {row.pk: row for row in AlertReceiver.objects.filter(is_enabled=True)}
    messages = [*grouping.due(alerts, rules, lookups.told_at(now), now)]
    written = sum(_write(message, rows, receivers, now) for message in messages)
    for mirror, some in grouping.mirrors_due(alerts, rules, lookups.mirrored_at(), now):
        if mirror in receivers:
            _mirror(receivers[mirror], [rows[pk] for pk in some], now)
            written += 1
    told = {pk for message in messages for pk in (*message.opened, *message.ended, *message.lasting)}
    Alert.objects.bulk_update([rows[pk] for pk in told], ["told_at", "told_phase", "told_level"], batch_size=500)
    return written


def _write(due: Due, rows: Mapping[int, Alert], receivers: Mapping[int, AlertReceiver], now: datetime) -> int:
    opened, ended, lasting = ([rows[pk] for pk in some] for some in (due.opened, due.ended, due.lasting))
    kind = _Kind.REPEAT if due.is_repeat else _Kind.NEWS
    title = wording.subject(opened, ended, lasting)
    words = wording.text(opened, ended, lasting, now)
    every = [*opened, *lasting, *ended]
    found = [receivers[pk] for pk in due.rule.receivers if pk in receivers]  # else switched off since the rules were read
    hearing = [one for one in found if opened or lasting or one.tells_ends]
    for receiver in hearing:
        row = AlertNotification.objects.create(
            receiver=receiver,
            receiver_name=receiver.name,
            rule=due.rule.id,
            group=due.group,
            kind=kind,
            subject=title,
            text=words,
            facts=wording.facts(every, rule=due.rule.name, title=title, kind=kind, now=now),
            created_at=now,
            not_before=now,
        )
        row.alerts.set(every)
    _note_told(opened, lasting if due.is_repeat else [], ended, now)
    return len(hearing)


def _note_told(opened: Sequence[Alert], repeated: Sequence[Alert], ended: Sequence[Alert], now: datetime) -> None:
    for row in (*opened, *repeated):
        row.told_at, row.told_phase, row.told_level = now, "open", row.level
    for row in ended:
        row.told_phase = "resolved"


def _mirror(receiver: AlertReceiver, alerts: Sequence[Alert], now: datetime) -> None:
    """What an Alertmanager should know now; what still waits for it is older, so this replaces it."""
    title = f"{len(alerts)} alerts"
    told = {
        "subject": title,
        "text": "",
        "facts": wording.facts(alerts, rule="", title=title, kind=_Kind.MIRROR, now=now, most=None),
        "created_at": now,
        "not_before": now,
        "receiver_name": receiver.name,
    }
    row, _ = AlertNotification.objects.update_or_create(
        receiver=receiver, kind=_Kind.MIRROR, sent_at=None, gave_up_at=None, defaults=told
    )
    row.alerts.set(alerts)
