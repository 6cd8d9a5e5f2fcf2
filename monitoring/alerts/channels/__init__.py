"""The ways to a receiver; each takes a message and answers in a few words what the other side said."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monitoring.alerts.channels import alertmanager, mail, slack, webhook
from monitoring.alerts.models import AlertNotification, AlertReceiver

# kind → send(receiver, message) -> answer; raises PlatformError where it was not taken.
CHANNELS: Mapping[str, Callable[[AlertReceiver, AlertNotification], str]] = {
    AlertReceiver.Kind.EMAIL: mail.send,
    AlertReceiver.Kind.WEBHOOK: webhook.send,
    AlertReceiver.Kind.SLACK: slack.send,
    AlertReceiver.Kind.ALERTMANAGER: alertmanager.send,
}
