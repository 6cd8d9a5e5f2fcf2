"""What of an address can be a title or a version: nothing else ever reaches a view."""

from __future__ import annotations


class TitleConverter:
    """One or more segments, none of which begins with a dot."""

    regex = "[a-zA-Z0-9_-][a-zA-Z0-9._-]*(?:/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class VersionConverter(TitleConverter):
    """Three numbers."""

    regex = r"(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})"
