"""Posts one message to a webhook, signed with its secret; where it leads is checked by `outbound` each time."""

from __future__ import annotations

import hashlib
import hmac
import time

from eventplatform import outbound
from eventplatform.core.errors import RejectedError, RetriableError
from eventplatform.encryption import seal, unseal
from streamconfig.models import Notification, NotificationTarget

_SECONDS = 10
_MAX_BYTES = 64 * 1024  # of an answer that only says thanks


class TargetGoneError(RejectedError):
    """A message waits for a webhook that was removed or switched off."""

    code = "notification.target_gone"
    message = "There is no webhook {name} any more, or it is switched off."
    remedy = "Nothing, if that is meant."


class TargetRefusedError(RetriableError):
    """A webhook answered anything but yes."""

    code = "notification.target_refused"
    message = "The webhook {name} answered {status}."
    remedy = "See at the receiving side why; it is tried again."


def send(row: Notification) -> None:
    """Post a message.

    Raises:
        PlatformError: the target is gone, can't be reached, or refuses it.
    """
    target = NotificationTarget.objects.filter(name=row.address, is_enabled=True).first()
    if target is None:
        raise TargetGoneError(name=row.address)
    body = row.body.encode()
    headers = {
        "Content-Type": "application/json",
        "X-Event-Platform-Event": row.kind,
        "X-Event-Platform-Delivery": str(row.pk),
        **signature(secret_of(target), body, at=int(time.time())),
    }
    answer = outbound.fetch(target.url, max_bytes=_MAX_BYTES, seconds=_SECONDS, method="POST", body=body, headers=headers)
    if not answer.is_good:
        raise TargetRefusedError(name=target.name, status=answer.status)


def signature(secret: str, body: bytes, *, at: int) -> dict[str, str]:
    """The headers that prove who sent a body and when: HMAC-SHA256 over the time, a dot and the body."""
    if not secret:
        return {}
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Event-Platform-Timestamp": str(at), "X-Event-Platform-Signature": f"sha256={made}"}


def secret_of(target: NotificationTarget) -> str:
    """What a target's messages are signed with; empty: they are not."""
    return str(unseal(target.secret, owner=f"the webhook {target.name}").get("secret", ""))


def sealed(secret: str) -> str:
    """A secret as a target keeps it."""
    return seal({"secret": secret} if secret else {})
