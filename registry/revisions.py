"""The registry's revision: writers come one after the other under its lock, and every process hears of a new one."""

from __future__ import annotations

from django.db import connection, transaction

from eventplatform.core.names import SNAPSHOT_CHANNEL
from registry import lookups
from registry.models import RegistryState


def lock() -> RegistryState:
    """The one row, locked until the transaction ends; take it before deciding anything that others may change."""
    RegistryState.objects.get_or_create(pk=1)
    return RegistryState.objects.select_for_update().get(pk=1)


def bump(state: RegistryState, *, is_otherwise: bool = False) -> int:
    """A new revision of the locked state, told to every process when the transaction ends well.

    `is_otherwise` says that more happened than new versions: every process then loads the set of schemas as a whole.
    """
    state.revision += 1
    if is_otherwise:
        state.changed_otherwise_at = state.revision
    state.save(update_fields=["revision", "changed_otherwise_at"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [SNAPSHOT_CHANNEL, f"registry {state.revision}"])
    transaction.on_commit(lookups.forget)
    return state.revision


def changed_otherwise() -> int:
    """Tell every process of a change that is no import: a repository moved, something deprecated.

    Call it in the change's own transaction.
    """
    with transaction.atomic():
        return bump(lock(), is_otherwise=True)
