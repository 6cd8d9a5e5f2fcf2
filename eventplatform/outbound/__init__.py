"""Requests to addresses that a person typed: webhooks, imports. Never to an inner network, never for long, never much."""

from __future__ import annotations

from eventplatform.outbound.answers import Answer
from eventplatform.outbound.fetching import fetch

__all__ = ["Answer", "fetch"]
