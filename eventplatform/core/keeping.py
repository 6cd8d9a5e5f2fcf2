"""The words for how events are kept and given out: whoever judges a stream's settings and whoever heeds them say them alike."""

from __future__ import annotations

MODES = ("append", "upsert")
POLICIES = ("evolve", "freeze", "discard_value", "discard_row")
PRIVACY_KINDS = ("ip", "user_agent", "id", "name", "location", "free_text", "*")  # `*`: all others
PRIVACY_ACTIONS = ("keep", "drop", "hash", "truncate", "as_marked")
STREAM_ACCESSES = ("public", "token", "none")  # who reads a stream as it comes: everybody, people with a token, nobody
