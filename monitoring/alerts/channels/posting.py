"""One POST of JSON to a receiver's server; where it leads is checked by `outbound` each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventplatform import outbound
from eventplatform.encryption import seal, unseal
from monitoring.alerts.errors import ReceiverIncompleteError, ReceiverRefusedError
from monitoring.alerts.models import AlertReceiver

_SECONDS = 10
_MAX_BYTES = 64 * 1024  # of an answer that only says thanks
_SHOWN = 120


def secrets_of(receiver: AlertReceiver) -> dict[str, Any]:
    """Its URL and secret, decrypted."""
    return unseal(receiver.secrets, owner=f"the receiver {receiver.name}")


def sealed(url: str, secret: str) -> str:
    """A URL and a secret as a receiver keeps them."""
    kept = {name: value for name, value in (("url", url), ("secret", secret)) if value}
    return seal(kept)


def post(receiver: AlertReceiver, body: bytes, headers: Mapping[str, str], *, path: str = "") -> str:
    """Post a body to the receiver's URL; what it answered, in a line.

    Raises:
        PlatformError: there is no URL, it can't be reached, or it answers anything but yes.
    """
    url = str(secrets_of(receiver).get("url", ""))
    if not url:
        raise ReceiverIncompleteError(name=receiver.name, lacks="URL")
    answer = outbound.fetch(
        url.rstrip("/") + path if path else url,
        max_bytes=_MAX_BYTES,
        seconds=_SECONDS,
        method="POST",
        body=body,
        headers={"Content-Type": "application/json", **headers},
    )
    if not answer.is_good:
        raise ReceiverRefusedError(name=receiver.name, status=answer.status)
    said = " ".join(answer.body[:_SHOWN].decode("utf-8", "replace").split())
    return f"{answer.status} {said}".replace("\0", "").strip()
