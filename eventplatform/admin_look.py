"""The admin in the look of the pages: the two ramps of tokens.css, its shape, and its badges."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

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


def _link(title: str, icon: str, page: str, permission: str) -> dict[str, Any]:
    """An entry that only those see who may open it."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(page),
        "permission": lambda request: request.user.has_perm(permission),
    }


_NAVIGATION: list[dict[str, Any]] = [
    {"items": [{"title": "Back to the platform", "icon": "arrow_back", "link": "/overview"}]},
    {
        "title": "Steer",
        "separator": True,
        "items": [
            _link("Streams", "water", "admin:streamconfig_stream_changelist", "streamconfig.view_stream"),
            _link("Instruments", "speed", "admin:streamconfig_instrument_changelist", "streamconfig.view_instrument"),
            _link("Overrides", "layers", "admin:streamconfig_override_changelist", "streamconfig.view_override"),
            _link("Defaults", "tune", "admin:streamconfig_defaults_changelist", "streamconfig.view_defaults"),
            _link("Changes", "rule", "admin:streamconfig_changerequest_changelist", "streamconfig.view_changerequest"),
            _link("Revisions", "history", "admin:streamconfig_revision_changelist", "streamconfig.view_revision"),
            _link("Repositories", "data_object", "admin:registry_repository_changelist", "registry.view_repository"),
        ],
    },
    {
        "title": "Who and where",
        "separator": True,
        "items": [
            _link("Teams", "groups", "admin:streamconfig_team_changelist", "streamconfig.view_team"),
            _link("Policies", "gavel", "admin:streamconfig_policy_changelist", "streamconfig.view_policy"),
            _link("Intake services", "input", "admin:streamconfig_intakeservice_changelist", "streamconfig.view_intakeservice"),
            _link("Sites", "language", "admin:streamconfig_site_changelist", "streamconfig.view_site"),
        ],
    },
    {
        "title": "Move",
        "separator": True,
        "items": [
            _link("Connectors", "power", "admin:connectors_connector_changelist", "connectors.view_connector"),
            _link("Targets", "database", "admin:connectors_target_changelist", "connectors.view_target"),
            _link("Producer keys", "key", "admin:intake_producerkey_changelist", "intake.view_producerkey"),
        ],
    },
    {
        "title": "Alerts",
        "separator": True,
        "items": [
            _link("Rules", "rule_settings", "admin:monitoring_alertrule_changelist", "monitoring.view_alertrule"),
            _link("Receivers", "notifications", "admin:monitoring_alertreceiver_changelist", "monitoring.view_alertreceiver"),
            _link("Silences", "notifications_off", "admin:monitoring_alertsilence_changelist", "monitoring.view_alertsilence"),
        ],
    },
    {
        "title": "People",
        "separator": True,
        "items": [
            _link("Users", "person", "admin:auth_user_changelist", "auth.view_user"),
            _link("Groups", "group", "admin:auth_group_changelist", "auth.view_group"),
            _link(
                "Webhooks",
                "webhook",
                "admin:streamconfig_notificationtarget_changelist",
                "streamconfig.administer_configuration",
            ),
            _link("API tokens", "key", "admin:streamconfig_apitoken_changelist", "streamconfig.administer_configuration"),
            _link("Messages", "mail", "admin:streamconfig_notification_changelist", "streamconfig.administer_configuration"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Event platform",
    "SITE_HEADER": "Event platform",
    "SITE_URL": "/",
    "BORDER_RADIUS": "7px",
    "SHOW_HISTORY": True,
    "COLORS": {"base": _BASE, "primary": _PRIMARY},
    "STYLES": [_bridge],
    "SIDEBAR": {"show_search": False, "show_all_applications": True, "navigation": _NAVIGATION},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
}
