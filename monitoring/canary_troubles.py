"""What canaries show to be wrong: one trouble per broken stage, and one where nobody sends them or looks for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring import stages
from monitoring.causes import Cause
from monitoring.producer import Producer

_PATHS = "/overview#canaries"
_NAMED = 3  # names that fit a line


def troubles(paths: Sequence[stages.Path], told: Collection[str]) -> list[Trouble]:
    """One per broken stage, however many streams hang on it; none of connectors that say themselves what ails them (`told`)."""
    broken: dict[tuple[str, str], list[tuple[stages.Path, stages.Stage]]] = {}
    for path in paths:
        if (stage := path.broken) and stage.name not in told:
            broken.setdefault(_kind_and_subject(path, stage), []).append((path, stage))
    return [_of_stage(kind, subject, hit) for (kind, subject), hit in broken.items()]


def of_producer(producer: Producer) -> list[Trouble]:
    """A dead canary producer is an alarm of its own: without it nobody knows whether anything arrives."""
    found = []
    if producer.sender_silent_since:
        why = "Ticks begin and none ends: something that they wait for hangs." if producer.sender_hangs else _NOT_BEGUN
        found.append(_silent("sender", "No canaries are sent", why, producer.sender_silent_since))
    if producer.observer_silent_since:
        why = "Looking for them begins and never ends: the log or a store hangs." if producer.observer_hangs else _NOT_BEGUN
        found.append(_silent("observer", "Nobody looks for canaries", why, producer.observer_silent_since))
    return found


_NOT_BEGUN = "Beat and workers live, but this tick does not come: beat has an old schedule, or workers drop it as too late."


def _silent(subject: str, what: str, why: str, since: datetime) -> Trouble:
    return Trouble(
        "fail",
        what,
        f"{why} Until they do, idle and broken look alike. The workers' log says more; restart beat and workers.",
        "/overview#parts",
        "See parts",
        since=figures.ago(since),
        kind="canary.producer",
        subject=subject,
        began_at=since,
    )


def _kind_and_subject(path: stages.Path, stage: stages.Stage) -> tuple[str, str]:
    if stage.name == "intake":
        return "canary.intake", f"{path.prefix}{'' if stage.cause.is_whole else path.service}" or "intake"
    if stage.name == "topic":
        return "canary.topic", path.prefix or "topic"
    return "canary.store", stage.name


def _of_stage(kind: str, subject: str, hit: Sequence[tuple[stages.Path, stages.Stage]]) -> Trouble:
    names = list(dict.fromkeys(path.stream for path, _ in hit))
    listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    first = hit[0][1]
    where = f" through {hit[0][0].prefix}" if hit[0][0].prefix and kind != "canary.store" else ""
    missing = f"Canary of {listed} not seen at {first.name}{where}"
    refused = f"Canary of {listed} refused or not sent{where}"
    link = next((stage.link for _, stage in hit if stage.link), _PATHS)
    seen = [stage.seen_at for _, stage in hit if stage.seen_at]
    return Trouble(
        "fail",
        refused if kind == "canary.intake" else missing,
        _likely(hit),
        link,
        f"Open {first.name}" if link != _PATHS else "See the path",
        since=figures.ago(min(seen)) if seen else "",
        kind=kind,
        subject=subject,
        began_at=min(seen, default=None),
    )


def _likely(hit: Sequence[tuple[stages.Path, stages.Stage]]) -> str:
    """The cause that most of them share, and what to do; what the stage itself says where no rule knows one."""
    cause = Counter(stage.cause for _, stage in hit).most_common(1)[0][0]
    return hit[0][1].detail if cause == Cause() else f"{cause.text} {cause.remedy}"
