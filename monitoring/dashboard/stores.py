"""How connectors are, in the dashboard's words."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.lookups import ConnectorView
from monitoring import health
from monitoring.stages import State

_BEHIND_SECONDS = 600.0
_WORDS: Mapping[str, str] = {"idle": "up to date"}


def state(view: ConnectorView) -> State:
    """Far behind counts as late, though it runs."""
    found = health.connector_state(view)
    return "warn" if found == "ok" and (view.lag_seconds or 0.0) > _BEHIND_SECONDS else found


def word(view: ConnectorView) -> str:
    """As the connector's own page has it."""
    is_late = state(view) == "warn" and view.state in {"running", "idle"}
    return "behind" if is_late else _WORDS.get(view.state, view.state)
