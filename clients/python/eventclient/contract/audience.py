"""Whether a client is one of those whom an instrument asks (§3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fits(audience: Mapping[str, Any] | None, *, site: str | None, platform: str | None, is_logged_in: bool | None) -> bool:
    """Every part that says something must fit; what the client doesn't know fits nothing that is asked."""
    if not audience:
        return True
    sites, platforms, asked = audience.get("sites"), audience.get("platforms"), audience.get("is_logged_in")
    return (
        (not sites or site in sites)
        and site not in (audience.get("except_sites") or ())
        and (not platforms or platform in platforms)
        and (asked is None or asked is is_logged_in)
    )
