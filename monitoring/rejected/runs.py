"""What people do to a whole group: dry runs, replays and deletions, in bites that go on where a worker left off."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import orjson
from django.db import connection, transaction

from eventplatform import panels
from eventplatform.broker.dead_letters import DeadLetter, letters_of_group
from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.panels import Edited
from monitoring.rejected import assignments
from monitoring.rejected.groups import Group

log = logging.getLogger(__name__)

Kind = Literal["dry_run", "replay", "delete"]
AT_ONCE = 500  # letters that are worth a person's wait; more are a worker's
_BITE = 100
_DELETED_AT_ONCE = 2000
_MOST_REASONS = 20
_IDS = uuid.UUID("5a1d1c1e-7e5b-4c58-9f3a-2f6f0a4f2f55")
_COLUMNS = (
    "id, group_key, title, kind, rule, keeps_ids, last_id, started_by, started_at, touched_at, ended_at, problem, next_id,"
    " total, passed, failed, reasons::text"
)


class NothingToDoError(RejectedError):
    """No letter of the group waits."""

    code = "replay.nothing_waits"
    http_status = 409
    message = "No rejected event of this group waits any more."
    remedy = "Look at the list again: somebody else may have replayed or deleted them."


class NoReplayError(RejectedError):
    """Nobody knows how letters of this source go back."""

    code = "replay.no_way_back"
    http_status = 409
    message = "Rejected events of this source can't be replayed from here."
    remedy = "Mend the job, and let it read the records again."


@dataclass(frozen=True, slots=True)
class Run:
    """One thing done to a group; `passed` and `failed` are those of `total` that it has looked at."""

    id: int
    group_key: str
    title: str
    kind: Kind
    rule: str
    keeps_ids: bool
    last_id: int
    started_by: str
    started_at: datetime
    touched_at: datetime
    ended_at: datetime | None
    problem: str
    next_id: int
    total: int
    passed: int
    failed: int
    reasons: dict[str, int]

    @property
    def percent(self) -> float:
        """How much of it is done."""
        return round(100 * (self.passed + self.failed) / self.total, 1) if self.total else 100.0

    @property
    def passed_percent(self) -> float:
        """How much of the whole passed."""
        return round(100 * self.passed / self.total, 1) if self.total else 0.0

    @property
    def seconds(self) -> float:
        """How long it took, or takes."""
        return ((self.ended_at or self.touched_at) - self.started_at).total_seconds()


_FIELDS = tuple(one.name for one in fields(Run))  # in the order of _COLUMNS


def start(kind: Kind, group: Group, *, rule: str = "", keeps_ids: bool = False, by: str) -> Run:
    """Note what is to be done to the letters that wait now; `work` does it.

    Raises:
        AssignmentError: the rule can't be read.
        NothingToDoError: no letter waits.
        NoReplayError: there is no way back.
    """
    assignments.parse(rule)
    if kind != "delete" and panels.replay_of(group.source) is None:
        raise NoReplayError
    query = f"""
    insert into dead_letter_runs (group_key, title, kind, rule, keeps_ids, started_by, last_id, total)
    select %s, %s, %s, %s, %s, %s, max(id), count(*) from dead_letters
    where group_key = %s and (replayed_at is null or %s) having count(*) > 0 returning {_COLUMNS}
    """  # noqa: S608  # constants
    title = f"{group.title} ({group.stream or group.name})"[:500]
    values: list[str | bool] = [group.key, title, kind, rule, keeps_ids, by, group.key, kind == "delete"]
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    if row is None:
        raise NothingToDoError
    run = _run(row)
    facts = {"run": run.id, "kind": kind, "group": group.key, "letters": run.total, "by": by}
    log.info("rejected.run_started", extra=facts)
    return run


def find(run_id: int) -> Run | None:
    """The run of that number."""
    found = _select("where id = %s", [run_id])
    return found[0] if found else None


def of_group(key: str, *, limit: int = 5) -> list[Run]:
    """What was done to a group, the newest first."""
    return _select("where group_key = %s order by id desc limit %s", [key, limit])


def unfinished(*, quiet_seconds: float = 30.0) -> list[Run]:
    """Runs whose worker was lost, or that none has begun."""
    return _select("where ended_at is null and touched_at < now() - %s * interval '1 second' order by id", [quiet_seconds])


def work(run_id: int, *, seconds: float = 20.0) -> bool:
    """Go on with a run for that long; whether it has ended. Two workers never do the same bite."""
    until = time.monotonic() + seconds
    while True:
        with transaction.atomic():
            found = _select("where id = %s and ended_at is null for update skip locked", [run_id])
            if not found:
                return True  # ended, or another worker has it
            is_over = _bite(found[0])
        if is_over:
            log.info("rejected.run_ended", extra={"run": run_id})
            return True
        if time.monotonic() > until:
            return False


def _bite(run: Run) -> bool:
    if run.kind == "delete":
        return _delete(run)
    letters = letters_of_group(connection.connection, run.group_key, after=run.next_id, last=run.last_id, limit=_BITE)
    if not letters:
        _note(run, next_id=run.last_id, is_over=True)
        return True
    reasons: Counter[str] = Counter(run.reasons)
    passing: list[Edited] = []
    try:
        for letter in letters:
            event, why = _judged(run, letter)
            if event is None:
                reasons[why] += 1
            else:
                passing.append(Edited(letter, event))
        gone = _sent(run, passing, reasons) if run.kind == "replay" else len(passing)
    except PlatformError as error:
        _note(run, next_id=run.next_id, is_over=True, problem=f"{error} {error.hint}")
        return True
    _note(run, passed=gone, failed=len(letters) - gone, next_id=letters[-1].id or 0, reasons=reasons)
    return False


def _judged(run: Run, letter: DeadLetter) -> tuple[dict[str, Any] | None, str]:
    """The mended event as it is to be sent; None and why where it would not pass."""
    replay = panels.replay_of(letter.source)
    if letter.is_cut or replay is None:
        return None, "It was not kept whole."
    try:
        event = orjson.loads(letter.value or b"")
        assignments.apply(assignments.parse(run.rule), event)
    except ValueError:
        return None, "It is no JSON."
    except assignments.NotConvertibleError as error:
        return None, str(error)
    if not isinstance(event, dict):
        return None, "It is no object."
    if not run.keeps_ids:
        _give_new_id(run, letter, event)
    why = replay.check(letter, orjson.loads(orjson.dumps(event)))
    return (None, why) if why else (event, "")


def _give_new_id(run: Run, letter: DeadLetter, event: dict[str, Any]) -> None:
    """Made of run and letter: where a worker is lost half-way, the next one sends the same id, which is seen as a repeat."""
    meta = event.get("meta")
    if isinstance(meta, dict) and ("id" in meta or letter.source == "intake"):
        meta["id"] = str(uuid.uuid5(_IDS, f"{run.started_at.isoformat()}:{run.id}:{letter.id}"))


def _sent(run: Run, passing: Sequence[Edited], reasons: Counter[str]) -> int:
    if not passing:
        return 0
    replay = panels.replay_of(passing[0].letter.source)
    if replay is None:
        raise NoReplayError
    told = replay.send(passing, f"run-{run.id}")
    gone = [(one.letter.id, _id_of(one.event)) for one, why in zip(passing, told, strict=True) if not why]
    for why in filter(None, told):
        reasons[why] += 1
    with connection.cursor() as cursor:
        cursor.execute(
            "update dead_letters l set replayed_at = now(), replayed_by = %s, replayed_as = g.event_id"
            " from unnest(%s::bigint[], %s::text[]) as g (id, event_id) where l.id = g.id",
            [run.started_by, [letter_id for letter_id, _ in gone], [event_id for _, event_id in gone]],
        )
    return len(gone)


def _delete(run: Run) -> bool:
    query = """
    delete from dead_letters where id in (
        select id from dead_letters where group_key = %s and id <= %s order by id limit %s
    )
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [run.group_key, run.last_id, _DELETED_AT_ONCE])
        gone = int(cursor.rowcount)
    is_over = gone < _DELETED_AT_ONCE
    _note(run, passed=gone, next_id=0, is_over=is_over)
    return is_over


def _note(
    run: Run,
    *,
    next_id: int,
    passed: int = 0,
    failed: int = 0,
    reasons: Counter[str] | None = None,
    is_over: bool = False,
    problem: str = "",
) -> None:
    kept = dict((reasons if reasons is not None else Counter(run.reasons)).most_common(_MOST_REASONS))
    query = """
    update dead_letter_runs set passed = passed + %s, failed = failed + %s, next_id = %s, reasons = %s::jsonb, problem = %s,
        touched_at = now(), ended_at = case when %s then now() end where id = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [passed, failed, next_id, orjson.dumps(kept).decode(), problem, is_over, run.id])


def _select(rest: str, values: Sequence[Any]) -> list[Run]:
    with connection.cursor() as cursor:
        cursor.execute(f"select {_COLUMNS} from dead_letter_runs {rest}", list(values))  # noqa: S608  # constants
        return [_run(row) for row in cursor.fetchall()]


def _run(row: Sequence[Any]) -> Run:
    found = dict(zip(_FIELDS, row, strict=True))
    return Run(**{**found, "reasons": orjson.loads(found["reasons"])})


def _id_of(event: dict[str, Any]) -> str:
    meta = event.get("meta")
    return str(meta.get("id", "")) if isinstance(meta, dict) else ""
