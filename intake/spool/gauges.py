"""What a process says of its host's spool: in its metrics, and in the readiness document."""

from __future__ import annotations

import time
from typing import Any

from eventplatform.core.metrics import SPOOL_BYTES, SPOOL_RECORDS, SPOOL_SINCE, SPOOL_STATE, SPOOL_USED
from intake.spool.room import NEARLY_FULL
from intake.spool.spool import Spool

STATES = ("empty", "spooling", "draining", "nearly full", "full", "unusable")


def show(spool: Spool | None, *, is_full: bool) -> None:
    """Set the gauges."""
    SPOOL_STATE.set(STATES.index(_state(spool, is_full=is_full)))
    if spool is None:
        return
    board = spool.board
    SPOOL_RECORDS.set(board.records)
    SPOOL_BYTES.set(board.bytes)
    SPOOL_SINCE.set(board.since_ms / 1000 if board.is_pending else 0)
    SPOOL_USED.set(spool.used)


def status(spool: Spool | None, *, is_full: bool, trouble: str) -> dict[str, Any]:
    """The same as a document."""
    told: dict[str, Any] = {"state": _state(spool, is_full=is_full)}
    if spool is None:
        return told | {"reason": trouble}
    board = spool.board
    told |= {"records": board.records, "bytes": board.bytes, "used": round(spool.used, 3)}
    if board.is_pending and board.since_ms:
        told["oldest_seconds"] = round(max(time.time() - board.since_ms / 1000, 0), 1)
    if board.damaged or board.refused:
        told["quarantined"] = {"damaged": board.damaged, "refused": board.refused}
    return told


def _state(spool: Spool | None, *, is_full: bool) -> str:
    if spool is None:
        return "unusable"
    if is_full:
        return "full"
    if spool.used >= NEARLY_FULL and spool.board.is_pending:
        return "nearly full"
    if spool.board.is_draining:
        return "draining"
    return "spooling" if not spool.board.is_quiet else "empty"
