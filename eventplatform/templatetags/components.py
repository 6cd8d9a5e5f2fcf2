"""The pages' components as template tags, built into every template: icons, badges, sparklines, charts, figures."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from eventplatform import charts, figures, panels

log = logging.getLogger(__name__)
register = template.Library()

_NAME_JOINT = re.compile(r"(?<=[._/])")
_STATE_LABELS = {"ok": "Healthy", "warn": "Late", "fail": "Failing", "paused": "Held", "unknown": "Unknown"}
_MESSAGE_STATES = {"success": "ok", "warning": "warn", "error": "fail"}

register.filter("thin", figures.thin)
register.filter("short", figures.short)
register.filter("age", figures.age)
register.filter("rate", figures.rate)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`{% icon "ok" %}`: decoration beside a word; with `label="Healthy"` it speaks for itself."""
    if label:
        return format_html('<svg class="i" role="img" aria-label="{}"><use href="#{}"/></svg>', label, name)
    return format_html('<svg class="i" aria-hidden="true"><use href="#{}"/></svg>', name)


@register.simple_tag
def badge(state: str, word: str, symbol: str = "") -> SafeString:
    """`{% badge "ok" "Healthy" %}`: shape, word and colour of a state (ok, warn, fail, paused, unknown, info)."""
    return format_html('<span class="badge {}">{}{}</span>', state, icon(symbol or state), word)


@register.simple_tag
def mark(state: str, word: object, symbol: str = "") -> SafeString:
    """`{% mark "ok" "Intake" %}`: as a badge, but without its pill."""
    return format_html('<span class="mark {}">{}{}</span>', state, icon(symbol or state), word)


@register.simple_tag
def fact(state: str, word: object, label: str = "") -> SafeString:
    """`{% fact "ok" "last tick 4 s ago" %}`: only the shape is coloured, for tables where most things are well."""
    return format_html(
        '<span class="mark {}" style="white-space:normal;font-weight:400;color:inherit">'
        '<span class="t-{}" style="line-height:1">{}</span>{}</span>',
        state,
        state,
        icon(state, label or _STATE_LABELS.get(state, state)),
        word,
    )


@register.simple_tag
def spark(values: Sequence[float | None], label: str = "", state: str = "") -> SafeString:
    """`{% spark values "Events, last hour" %}`: a trend in a row; an empty one is left out."""
    if not values:
        return SafeString("")
    picture = charts.spark(values)
    return format_html(
        '<svg class="spark {}" viewBox="0 0 96 24" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="a" d="{}"/><path class="l" d="{}"/></svg>',
        state,
        label,
        picture.area,
        picture.line,
    )


@register.inclusion_tag("_chart.html")
def chart(picture: charts.Chart) -> dict[str, Any]:
    """`{% chart picture %}`: draws what `eventplatform.charts.area` or `.bars` made."""
    return {"chart": picture}


@register.inclusion_tag("_code.html")
def code(text: str, *, wrap: bool = False) -> dict[str, Any]:
    """`{% code text %}`: text to copy, line by line, escaped; `wrap=True` folds long lines."""
    return {"lines": str(text).splitlines(), "is_wrapped": wrap}


@register.simple_tag(takes_context=True)
def panel_list(context: Context, page: panels.Page, subject: str = "", column: str = "") -> SafeString:
    """`{% panel_list "stream" stream.name "side" %}`: what the apps show on a shared page; no column means all."""
    request = context.get("request")
    parts = [
        render_to_string(panel.template, dict(facts), request=request)
        for panel, facts in panels.rendered(page, subject, column)
    ]
    return mark_safe("\n".join(parts))  # noqa: S308  # rendered by templates, which escape


@register.filter
def since(moment: datetime | None) -> SafeString:
    """`{{ moment|since }}`: how long ago, the exact time in UTC behind it."""
    if moment is None:
        return SafeString("never")
    stamp = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', stamp.isoformat(), f"{stamp:%Y-%m-%d %H:%M:%S}", figures.ago(moment)
    )


@register.filter
def breakable(name: object) -> SafeString:
    """A long name that may break after a dot, a slash or an underscore."""
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in _NAME_JOINT.split(str(name))))


@register.filter
def pretty(value: Any) -> str:
    """JSON, indented; a template escapes it like any text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def message_state(message: Any) -> str:
    """The state that colours a message of Django's."""
    return _MESSAGE_STATES.get(message.level_tag, "info")
