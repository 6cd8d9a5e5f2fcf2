"""The admin in the look of the pages: the two ramps of tokens.css, its shape, and its badges."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static

_BASE = {
    "50": "#f7f8fa",
    "100": "#eff1f5",
    "200": "#e2e5eb",
    "300": "#cbd0da",
    "400": "#98a1b1",
    "500": "#6a7385",
    "600": "#4d5567",
    "700": "#394051",
    "800": "#232936",
    "900": "#161b25",
    "950": "#0d1017",
}
_PRIMARY = {
    "50": "#eef3ff",
    "100": "#dde6ff",
    "200": "#c0d0ff",
    "300": "#98b1ff",
    "400": "#7d98ff",
    "500": "#466af0",
    "600": "#2f51db",
    "700": "#2741b4",
    "800": "#243a8e",
    "900": "#21336f",
    "950": "#161f45",
}


def _bridge(_request: HttpRequest) -> str:
    return static("admin-bridge.css")


def _favicon(_request: HttpRequest) -> str:
    return static("favicon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Event platform",
    "SITE_HEADER": "Event platform",
    "SITE_URL": "/",
    "BORDER_RADIUS": "7px",
    "SHOW_HISTORY": True,
    "COLORS": {"base": _BASE, "primary": _PRIMARY},
    "STYLES": [_bridge],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
}
