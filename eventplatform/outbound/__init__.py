"""Requests to addresses that a person typed: webhooks, imports. Never to an inner network, never for long, never much."""

from __future__ import annotations

from eventplatform.outbound.fetching import Answer, fetch

__all__ = ["Answer", "fetch"]
