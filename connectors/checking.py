"""Whether a store can be used as typed or saved, within some seconds, and without a secret in the answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors import catalog, opening, options
from connectors.sinks.base import Store
from eventplatform.core.errors import PlatformError
from eventplatform.core.masking import hidden

log = logging.getLogger(__name__)

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Check:
    """What came of it; `remedy` is empty where nothing is to be done."""

    is_ok: bool
    text: str
    remedy: str = ""
    code: str = ""
    seconds: float = 0.0


def check(kind: str, *, name: str, target: Mapping[str, Any], values: Mapping[str, Any]) -> Check:
    """Try the store as a slice would begin, for some seconds; what it says is told without secrets."""
    declared, secrets = catalog.load(kind).target_type, list[Any]()
    began = time.monotonic()
    try:
        secrets += options.split_secrets(declared, opening.resolve(declared, target))[1].values()
        opening.ensure_embedded_database(target)
        error = _tried(opening.store_of(kind, name=name, target=target, values=values))
    except PlatformError as refused:
        error = refused
    seconds = time.monotonic() - began
    if error is None:
        return Check(is_ok=True, text="The store answers, and lets this connector in.", seconds=seconds)
    return Check(False, hidden(str(error), secrets), hidden(error.hint, secrets), error.code, seconds)


def _tried(store: Store) -> PlatformError | None:
    """None where it can be used. A driver that hangs is left behind in its thread, which ends with its own time limit."""
    found: list[PlatformError | None] = []

    def work() -> None:
        try:
            store.check()
            found.append(None)
        except PlatformError as error:
            found.append(error)
        except Exception as error:  # noqa: BLE001  # of a driver; its class is told, its text may hold anything
            log.warning("connector.check_failed", extra={"error": type(error).__name__})
            found.append(CheckFailedError(reason=type(error).__name__))

    thread = threading.Thread(target=work, name="connector check", daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return found[0] if found else StoreSlowError(seconds=f"{_SECONDS:g}")


class StoreSlowError(PlatformError):
    """The store did not answer in time."""

    code = "connector.check_slow"
    message = "The store did not answer within {seconds} seconds."
    remedy = "Check host and port, and whether a firewall lets this machine through."


class CheckFailedError(PlatformError):
    """The driver failed in a way that nobody foresaw."""

    code = "connector.check_failed"
    message = "The store could not be tried: {reason}."
    remedy = "Check address and credentials; the log of the web role says more."
