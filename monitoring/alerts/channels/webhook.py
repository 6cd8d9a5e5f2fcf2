"""Our JSON to a webhook, signed as Standard Webhooks says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

from monitoring.alerts.channels import posting
from monitoring.alerts.models import AlertNotification, AlertReceiver

SECRET_PREFIX = "whsec_"  # noqa: S105  # marks a secret, is none


def send(receiver: AlertReceiver, message: AlertNotification) -> str:
    """Post a message; its id stays the same when it is tried again."""
    body = json.dumps({"id": f"alert_{message.pk}", **message.facts}, ensure_ascii=False).encode()
    secret = secret_bytes(str(posting.secrets_of(receiver).get("secret", "")))
    return posting.post(receiver, body, signature(f"alert_{message.pk}", body, secret, at=int(time.time())))


def signature(message_id: str, body: bytes, secret: bytes | None, *, at: int) -> dict[str, str]:
    """The headers that prove who sent a body and when."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(at)}
    if secret:
        made = hmac.digest(secret, f"{message_id}.{at}.".encode() + body, hashlib.sha256)
        headers["webhook-signature"] = f"v1,{base64.b64encode(made).decode()}"
    return headers


def secret_bytes(text: str) -> bytes | None:
    """The key in a secret: `whsec_` and 24 to 64 bytes in base64; None where it isn't one."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:  # no base64, or not even ASCII
        return None
    return key if text.startswith(SECRET_PREFIX) and 24 <= len(key) <= 64 else None  # noqa: PLR2004  # the spec's bounds
