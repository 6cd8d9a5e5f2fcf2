"""Whether a client is one of those whom an instrument asks (§3)."""

from __future__ import annotations

from collections.abc import Mapping


def fits(audience: object, *, site: str | None, platform: str | None, is_logged_in: bool | None) -> bool:
    """Every part that says something must fit; what the client doesn't know fits nothing that is asked.

    Nor does anybody fit what can't be read.
    """
    if not audience:
        return True
    if not isinstance(audience, Mapping):
        return False
    sites, excepted, platforms = (audience.get(name) or [] for name in ("sites", "except_sites", "platforms"))
    if not all(isinstance(names, list | tuple) for names in (sites, excepted, platforms)):
        return False
    asked = audience.get("is_logged_in")
    return (
        (not sites or site in sites)
        and site not in excepted
        and (not platforms or platform in platforms)
        and (asked is None or asked is is_logged_in)
    )
