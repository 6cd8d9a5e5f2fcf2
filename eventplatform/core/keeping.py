"""The words for how stores keep events: connectors' rules and streams' own `consumers` say them alike."""

from __future__ import annotations

MODES = ("append", "upsert")
POLICIES = ("evolve", "freeze", "discard_value", "discard_row")
PRIVACY_KINDS = ("ip", "user_agent", "id", "name", "location", "free_text", "*")  # `*`: all others
PRIVACY_ACTIONS = ("keep", "drop", "hash", "truncate", "as_marked")
