"""What rejected events show on shared pages: groups that grow, and error records that were missed."""

from __future__ import annotations

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring.rejected import groups

_LEAST = 20  # letters of a group within an hour that are worth a line
_MOST_LINES = 3


def troubles() -> list[Trouble]:
    """The groups of the intake and of jobs that grow; connectors tell of their own."""
    found = [one for one in groups.listed(groups.Filters(range="1h")) if one.source != "connector" and one.recent >= _LEAST]
    lines = [_of_group(one) for one in found if one.is_growing][:_MOST_LINES]
    return lines + [
        Trouble(
            "warn",
            f"{figures.thin(number)} error records of {topic} were gone before they were read",
            "The log deleted them, or the topic was made anew, while no worker read it.",
            "/rejected",
            "Keep the topic longer, or run more workers",
            since=figures.ago(at),
            kind="rejected.missed",
            subject=topic,
            began_at=at,
        )
        for topic, number, at in groups.missed()
    ]


def _of_group(group: groups.Group) -> Trouble:
    whose = group.stream or group.service or group.name
    what = f"{figures.thin(group.recent)} events of {whose} rejected in the last hour, more and more"
    why, link = f"{group.title}. {group.remedy}".strip(), f"/rejected?group={group.key}"
    return Trouble("warn", what, why, link, "See a sample", kind="rejected.group", subject=f"{whose} {group.key[:12]}")
