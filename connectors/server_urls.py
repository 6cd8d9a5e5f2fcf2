"""Addresses of servers that a target names: no password in them, and a webhook's not into an inner network."""

from __future__ import annotations

from django.conf import settings

from eventplatform.core.errors import RejectedError
from eventplatform.outbound.urls import require_no_inner_address, target_of

PLACES = ("server", "webhook")


def check(text: str, *, name: str, place: str) -> None:
    """Refuse a URL that can't be called, or must not be; where a name leads is looked up when it is called.

    Raises:
        RejectedError: with a pointer to the option.
    """
    try:
        if place == "webhook":
            require_no_inner_address(text, private_hosts=settings.OUTBOUND_PRIVATE_HOSTS)
        else:
            target_of(text)
    except RejectedError as error:
        error.pointer = f"/{name}"
        raise
