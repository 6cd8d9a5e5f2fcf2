"""Why a stage of the canaries' path is most likely broken, and what to do about it: rules over known facts; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

_LOOK = "Its log and its /readyz say more."
_LONG_BEHIND = 30.0  # seconds: a canary that is missed was sent longer ago than that


@dataclass(frozen=True, slots=True)
class Cause:
    """The likely cause in a sentence or two, and what to do."""

    text: str = ""
    remedy: str = ""
    is_whole: bool = False  # of the intake as a whole, whatever the service or stream


@dataclass(frozen=True, slots=True)
class Reading:
    """How a connector reads a path's topic, as its leases say; no `partitions` where it reads none of it."""

    partitions: int = 0
    state: str = "idle"
    error_code: str = ""
    error: str = ""
    lag_records: int = 0
    lag_seconds: float | None = None
    loses_records: bool = False  # the log is about to delete what it has not read


UNKNOWN = Cause()
NOT_READ = Reading()


def of_intake(status: int | None, code: str, error: str, url: str) -> Cause:
    """What the intake's answer, or its silence, most likely means."""
    if status is None:
        return replace(_without_answer(code, error, url), is_whole=True)
    rule = _BY_STATUS.get(status) or _BY_STATUS[500 if status >= HTTPStatus.INTERNAL_SERVER_ERROR else 400]
    said = f"The intake answered {status}: {error}" if error else f"The intake answered {status}."
    return Cause(f"{said} {rule.text}".strip(), rule.remedy, is_whole=status > HTTPStatus.INTERNAL_SERVER_ERROR)


def _without_answer(code: str, error: str, url: str) -> Cause:
    if code == "intake.silent":
        return Cause(f"The intake at {url} takes connections and gives no answer: it hangs or is overloaded.", _RESTART)
    if code == "intake.not_tried":
        return Cause(f"The intake at {url} gave no answer to several canaries in a row.", _RESTART)
    return Cause(
        f"Nobody takes connections at {url}. {error}".strip(), f"Start the role intake; is CANARY_INTAKES right? {_LOOK}"
    )


_RESTART = f"Restart that intake. {_LOOK}"
_BY_STATUS = {
    207: Cause("", "Look the code up under /errors: a request of one event is answered 207 when that one is refused."),
    400: Cause(
        "The first example of its schema is no valid event any more, or the intake has an older configuration.",
        "Mend the example (the guideline EXAMPLE-CANARY tells where), or wait until the intake has the configuration.",
    ),
    401: Cause("The platform's own producer key is not taken.", "Is the intake of the same deployment, with the same keys?"),
    403: Cause("The platform's own producer key may not send there.", "Let the service take the platform's key."),
    404: Cause("The intake knows no such address or stream.", "Does CANARY_INTAKES name the intake of this service?"),
    413: Cause("The schema's first example is larger than the service takes.", "Shorten the example, or raise the limit."),
    429: Cause("A limit of rate is used up.", "Raise the limit of the platform's key or address."),
    500: Cause("The intake met an error of its own, or its log has no such topic.", f"Publish the stream again. {_LOOK}"),
    502: Cause("A proxy reaches no intake behind it.", "Start the role intake; look at the proxy's log."),
    503: Cause("The log is away and the stream may not wait, or the intake is overloaded.", f"Bring the log back. {_LOOK}"),
    504: Cause("A proxy waited for the intake in vain.", _RESTART),
    507: Cause("The log is away and the intake's spool is full.", "Bring the log back, or make room on the intake's disk."),
}


def of_topic(status: int | None, topic: str, prefix: str, log_trouble: str) -> Cause:
    """Why what the intake took is not on its topic."""
    if log_trouble:
        return Cause(f"The event log is away: {log_trouble}", "Bring the log back; what the intake keeps goes in by itself.")
    if status == HTTPStatus.ACCEPTED:
        return Cause(
            "The intake answered 202: it keeps events on its disk, since the log does not take them.",
            "Look at the spool on the overview: is the log reachable from the intake, and may it write there?",
        )
    return Cause(
        f"The intake confirms canaries, but {topic} has none of them: it writes to another topic or another log.",
        f"Compare the intake's EVENT_LOG_URL, and its TOPIC_PREFIX with {prefix or 'none'!r}.",
    )


def of_store(reading: Reading, topic: str) -> Cause:
    """Why what is on the topic is not in the connector's store."""
    if not reading.partitions:
        return Cause(f"The connector reads no partition of {topic} yet.", "Do its streams fit, and does the watcher run?")
    if reading.state == "stopped":
        return Cause(f"The connector stopped: {reading.error}", "Open it and choose how it goes on.")
    if reading.state == "retrying":
        return Cause(
            f"Its store fails: {reading.error} It tries again by itself.", "Bring the store back; nothing is lost meanwhile."
        )
    if reading.loses_records:
        return Cause(
            f"It is {reading.lag_records} records behind, and the log is about to delete what it has not read.",
            "Give it more workers, or keep the topic longer, at once.",
        )
    # Of a connector that keeps up, the newest record is always on its way: that is not why an old canary is missing.
    if reading.lag_records and (reading.lag_seconds is None or reading.lag_seconds >= _LONG_BEHIND):
        return Cause(
            f"It is {reading.lag_records} records behind: it reads more slowly than events come, or no worker takes it up.",
            "Are there enough workers? Its page shows what it reads in a minute.",
        )
    return Cause(
        "It has read past the canary, but its store doesn't show it: its marker was dropped or can't be read.",
        "Look for `_canaries` in the store, and at the worker's log (canary.store_unreadable).",
    )
