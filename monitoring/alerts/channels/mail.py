"""A message as e-mail, to all addresses of a receiver at once."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from monitoring.alerts.errors import MailNotSentError, ReceiverIncompleteError
from monitoring.alerts.models import AlertNotification, AlertReceiver

_TO_NOBODY = (".filebased.EmailBackend", ".console.EmailBackend", ".dummy.EmailBackend")


def addresses(receiver: AlertReceiver) -> list[str]:
    """The addresses of a receiver, however they were typed."""
    return receiver.addresses.replace(",", " ").replace(";", " ").split()


def send(receiver: AlertReceiver, message: AlertNotification) -> str:
    """Hand a mail to the server that settings name. Its id is the message's, so a copy sent twice is known as one."""
    to = addresses(receiver)
    if not to:
        raise ReceiverIncompleteError(name=receiver.name, lacks="address")
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<alert-{message.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(message.subject, message.text, to=to, headers=headers).send()
    except OSError as error:  # smtplib's errors are such
        raise MailNotSentError(reason=f"{type(error).__name__}: {error}"[:500]) from error
    if settings.EMAIL_BACKEND.endswith(_TO_NOBODY):
        return "written down and sent to nobody: EMAIL_URL names no mail server"
    return f"taken for {len(to)} address{'es' if len(to) > 1 else ''}"
