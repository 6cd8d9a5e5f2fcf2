"""Who may ask of which streams: whoever sees the pages, but for streams that are kept to teams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eventplatform.core.errors import RejectedError
from eventplatform.core.streams import Stream

_TEAM = "team: "  # a group of this name and a team's key holds the team's people


class StreamClosedError(RejectedError):
    """The stream is kept to its teams (`stream_out: {teams: …}`)."""

    code = "sql.stream_closed"
    http_status = 403
    message = "The stream {name} may be read by its teams only: {teams}."
    remedy = "Sign in as somebody of these teams, or ask them."


def check(streams: Iterable[Stream], person: Any) -> None:
    """Let the person pass to all of these streams.

    Raises:
        StreamClosedError: one is kept to teams that they are not in.
    """
    for stream in closed_to(person, streams):
        raise StreamClosedError(name=stream.name, teams=", ".join(sorted(_teams(stream))))


def closed_to(person: Any, streams: Iterable[Stream]) -> list[Stream]:
    """Those of the streams that are kept to teams that the person is not in."""
    closed = [(stream, teams) for stream in streams if (teams := _teams(stream))]
    if not closed or getattr(person, "is_superuser", False):
        return []
    groups = set(person.groups.values_list("name", flat=True)) if getattr(person, "is_authenticated", False) else set()
    return [stream for stream, teams in closed if not groups & {_TEAM + team for team in teams}]


def _teams(stream: Stream) -> frozenset[str]:
    said = stream.settings.get("stream_out")
    teams = said.get("teams") if isinstance(said, dict) else None
    return frozenset(str(one) for one in teams) if isinstance(teams, list | tuple) else frozenset()
