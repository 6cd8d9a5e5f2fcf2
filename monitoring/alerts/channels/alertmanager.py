"""All open alerts to an Alertmanager (API v2), which groups, routes and silences them by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from monitoring.alerts import kinds
from monitoring.alerts.channels import posting
from monitoring.alerts.models import AlertNotification, AlertReceiver

# An open alert ends by itself there when we are silent for so long; it is told again every minute.
_LASTS = timedelta(minutes=5)
_PATH = "/api/v2/alerts"


def send(receiver: AlertReceiver, message: AlertNotification) -> str:
    """Post the state of alerts; a secret is sent as a bearer's token."""
    at = datetime.fromisoformat(message.facts["at"])
    body = json.dumps([alert(one, at) for one in message.facts["alerts"]], ensure_ascii=False).encode()
    token = str(posting.secrets_of(receiver).get("secret", ""))
    return posting.post(receiver, body, {"Authorization": f"Bearer {token}"} if token else {}, path=_PATH)


def alert(one: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """One alert as Alertmanager takes it: labels make it what it is, so none of them changes while it lasts."""
    kind = kinds.find(one["kind"])
    return {
        "labels": {
            "alertname": one["kind"] or "event_platform",
            "subject": one["subject"] or "platform",
            "severity": kind.severity if kind else "warning",
            "job": "event-platform",
        },
        "annotations": {
            "summary": one["what"],
            "description": one["why"],
            "remedy": one["remedy"],
            "runbook_url": one["runbook_url"],
        },
        "startsAt": one["opened_at"] or one["began_at"],
        "endsAt": one["resolved_at"] or (at + _LASTS).isoformat(),
        "generatorURL": one["url"],
    }
