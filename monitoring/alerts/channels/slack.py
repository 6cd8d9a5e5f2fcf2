"""A message to an incoming webhook of Slack, or of a chat that takes the same (Mattermost, Rocket.Chat)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from monitoring.alerts.channels import posting
from monitoring.alerts.models import AlertNotification, AlertReceiver

_MOST = 20
_LONGEST = 300
_SIGNS = {"fail": ":red_circle:", "warn": ":large_orange_circle:"}


def send(receiver: AlertReceiver, message: AlertNotification) -> str:
    """Post a message."""
    return posting.post(receiver, json.dumps({"text": text(message.subject, message.facts)}, ensure_ascii=False).encode(), {})


def text(subject: str, facts: Mapping[str, Any]) -> str:
    """Slack's own marks: a line for each alert, its name a link, with what to do."""
    alerts = facts.get("alerts", [])
    lines = [f"*{_plain(subject)}*", *map(_line, alerts[:_MOST])]
    more = int(facts.get("alerts_total", len(alerts))) - min(len(alerts), _MOST)
    return "\n".join([*lines, *([f"… and <{facts.get('url')}|{more} more>"] if more > 0 else [])])


def _line(one: Mapping[str, Any]) -> str:
    is_over = one["state"] == "resolved"
    sign = ":white_check_mark:" if is_over else _SIGNS.get(one["level"], "")
    do = "" if is_over else f" {_plain(one['remedy'])} <{one['runbook_url']}|Runbook>"
    return f"{sign} <{one['url']}|{_plain(one['what'])}>{do}"


def _plain(words: str) -> str:
    """Text that makes no link and calls nobody."""
    short = " ".join(words.split())[:_LONGEST]
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "¦")
