"""The contextual attributes that clients can add to an event.

Source: Wikimedia's Metrics Platform client libraries for JavaScript, PHP, Kotlin and Swift, as of August 2026
(https://wikitech.wikimedia.org/wiki/Metrics_Platform/Contextual_attributes). One that a single library knows counts as known.
"""

from __future__ import annotations

from typing import Any

_BY_SUBJECT: dict[str, str] = {
    "agent": """app_flavor app_install_id app_theme app_version app_version_name client_platform client_platform_family
        device_family device_language release_status ua_string""",
    "page": """id title namespace_id namespace_name revision_id wikidata_id wikidata_qid content_language is_redirect
        user_groups_allowed_to_edit user_groups_allowed_to_move""",
    "mediawiki": "skin version is_production is_debug_mode database site_content_language site_content_language_variant",
    "performer": """id name is_logged_in is_bot is_temp session_id active_browsing_session_token pageview_id groups language
        language_variant language_groups language_primary can_probably_edit_page edit_count edit_count_bucket
        registration_dt""",
}
ATTRIBUTES = frozenset(f"{subject}_{name}" for subject, names in _BY_SUBJECT.items() for name in names.split())

# Headers that tell of a person or help to recognise one, as names or as beginnings.
PERSONAL_HEADERS = frozenset({"user-agent", "cookie", "authorization", "forwarded", "x-real-ip", "referer", "accept-language"})
PERSONAL_BEGINNINGS = ("x-client-ip", "x-forwarded-for", "x-geoip-", "x-ja3", "x-ja4", "sec-ch-ua")


def is_personal(header: Any) -> bool:
    """True where a header tells of a person."""
    name = header.lower() if isinstance(header, str) else ""
    return name in PERSONAL_HEADERS or name.startswith(PERSONAL_BEGINNINGS)
