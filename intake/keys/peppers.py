"""The peppers of producer keys: one of each of ENCRYPTION_KEYS, so that a rotation there has an overlap as well."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from eventplatform.guard import key_text


def peppers() -> Mapping[str, bytes]:
    """All peppers by their names, the one for new keys first."""
    derived = [key_text.derive_pepper(setting) for setting in settings.ENCRYPTION_KEYS]
    return {key_text.name_pepper(pepper): pepper for pepper in derived}


def newest() -> tuple[str, bytes]:
    """The pepper for new keys, with its name."""
    return next(iter(peppers().items()))
