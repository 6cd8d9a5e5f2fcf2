"""The admin for product managers: every save proposes a change request, nothing here writes a row by itself."""

from __future__ import annotations

from streamconfig.admin import defaults, history, instruments, items, notifications, overrides, streams, tokens

__all__ = ["defaults", "history", "instruments", "items", "notifications", "overrides", "streams", "tokens"]
