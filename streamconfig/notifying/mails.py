"""Sends one message as e-mail."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from streamconfig.models import Notification


def send(row: Notification) -> None:
    """Hand a mail to the server that settings name. Its id is the row's, so a copy sent twice is known as one.

    Raises:
        OSError: the server is away, or refuses it (smtplib's errors are such).
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<notification-{row.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    EmailMessage(row.subject, row.body, to=[row.address], headers=headers).send()
