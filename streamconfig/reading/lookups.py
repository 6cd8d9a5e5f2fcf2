"""Who may read which streams' events: whoever sees the pages, but for streams that are kept to teams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eventplatform.core.errors import RejectedError
from eventplatform.core.streams import Stream
from streamconfig.lookups import snapshot

_TEAM = "team: "  # a group of this name and a team's key holds the team's people


class StreamClosedError(RejectedError):
    """The stream is kept to its teams (`stream_out: {teams: …}`)."""

    code = "stream.kept_to_teams"
    http_status = 403
    message = "The stream {name} may be read by its teams only: {teams}."
    remedy = "Sign in as somebody of these teams, or ask them."


def may_read(person: Any, name: str) -> bool:
    """Whether the person may read events of the stream of that name; of one that isn't configured anybody may."""
    stream = snapshot().find_stream(name)
    return stream is None or not closed_to(person, [stream])


def is_kept_to_teams(name: str) -> bool:
    """Whether only some may read events of that stream, so that nothing of them belongs where all look."""
    stream = snapshot().find_stream(name)
    return stream is not None and bool(_teams(stream))


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
