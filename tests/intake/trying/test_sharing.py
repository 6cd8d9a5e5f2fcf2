"""Notes of all processes hang in Redis; without it each process tells of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eventplatform.embedded.redis import Redis
from intake.trying import boards, lookups
from intake.trying.boards import OwnBoard, SharedBoard
from intake.trying.notes import Note
from tests.intake.trying.trials import Trial, event, until


def note(number: int) -> Note:
    return Note("2026-01-01T00:00:00.000Z", "main", {"index": number, "result": "accepted"}, "{}")


@pytest.fixture
def both(embedded_redis: Redis) -> Iterator[tuple[Trial, Trial]]:
    found = Trial(redis_url=embedded_redis.url), Trial(redis_url=embedded_redis.url)
    found[0].noting.clear("id:me")
    yield found
    for one in found:
        one.close()


@pytest.mark.slow
def test_notes__two_processes__either_tells_of_both_and_forgets_both(both: tuple[Trial, Trial]) -> None:
    both[0].post(event(test="one"))
    both[1].post(event(test="two"))

    until(lambda: both[0].told()["total"] == 2)
    assert both[1].told("all", query="?wait=2")["total"] == 2
    both[1].ask("POST", "/v1/_debug/me/reset")
    assert both[0].told()["total"] == 0


@pytest.mark.slow
def test_watched_stream__events_without_an_id__are_noted_within_a_second(
    both: tuple[Trial, Trial], embedded_redis: Redis, settings: object
) -> None:
    settings.REDIS_URL = embedded_redis.url  # type: ignore[attr-defined]  # pytest-django's
    both[0].post(event(), debug_id="")
    assert lookups.notes_of_stream("test.event") == []

    until(lambda: both[1].noting.watched == {"test.event"}, seconds=2)
    both[1].post(event(test="seen"), event(test=7), event(meta={"stream": "keyed.event"}), debug_id="")

    until(lambda: len(lookups.notes_of_stream("test.event")) == 2, seconds=2)
    assert [one.is_good for one in lookups.notes_of_stream("test.event")] == [False, True]
    assert lookups.debug_ids() == []


@pytest.mark.slow
def test_shared_board__more_than_it_holds__oldest_make_room(embedded_redis: Redis) -> None:
    board = SharedBoard(embedded_redis.url)

    for subject in range(boards.MOST_SUBJECTS + 3):
        board.hang([(f"id:{subject}", note(number)) for number in range(boards.MOST_NOTES + 5)])

    assert len(board.subjects()) == boards.MOST_SUBJECTS
    assert board.notes("id:0") == []
    newest = board.notes(f"id:{boards.MOST_SUBJECTS + 2}")
    assert [one.result["index"] for one in newest[:2]] == [boards.MOST_NOTES + 4, boards.MOST_NOTES + 3]
    assert len(newest) == boards.MOST_NOTES
    for left in board.subjects():
        board.clear(left)
    assert board.subjects() == []
    board.close()


def test_own_board__more_than_it_holds__oldest_make_room() -> None:
    now = [0.0]
    board = OwnBoard(clock=lambda: now[0])

    for subject in range(boards.MOST_SUBJECTS + 3):
        board.hang([(f"id:{subject}", note(number)) for number in range(boards.MOST_NOTES + 5)])

    assert board.notes("id:0") == []
    assert len(board.notes("id:3")) == boards.MOST_NOTES
    now[0] = boards.KEPT_SECONDS + 1
    assert board.notes("id:3") == []


def test_redis_away__the_process_tells_of_its_own_and_no_request_waits() -> None:
    trial = Trial(redis_url="redis://127.0.0.1:1/0")

    assert trial.post(event()).status_code == 201

    assert trial.told()["good"] == 1
    trial.ask("POST", "/v1/_debug/me/reset")
    assert trial.told()["total"] == 0
    trial.close()
