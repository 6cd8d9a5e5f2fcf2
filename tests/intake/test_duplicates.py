"""An event sent again is answered and not produced twice; one that failed may come again."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from eventplatform import env
from eventplatform.broker.base import Delivery, LogUnavailableError
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import TopicPartition
from eventplatform.core.services import Service
from eventplatform.guard.request_head import RequestHead
from intake.answers import Answer
from intake.duplicates import Claims, Seen, id_of, key_of
from intake.seen_table import SeenTable
from intake.service import Intake
from intake.submission import Submission
from tests.contracts.intake_doors import GOOD, STREAMS, HandMade, ObedientProducer
from tests.intake.serving import started

AWAY = LogUnavailableError(reason="gone")
NOW = 1_700_000_000_000
WINDOW = 300_000


class Door:
    """An intake over a memory log, asked without HTTP."""

    def __init__(self, **service: Any) -> None:
        self.log = MemoryLog()
        for stream in STREAMS:
            self.log.create_topic(stream.name)
        self.producer = ObedientProducer(self.log)
        configuration = HandMade(services={"main": Service("main", **service)})
        self.intake = Intake(configuration=lambda: configuration, producer=self.producer)

    def submit(self, *events: Any, **head: Any) -> tuple[Submission | Answer, Any]:
        visit = self.intake.open(RequestHead(content_type="application/json", **head))
        visit.body.feed(orjson.dumps(events))
        return self.intake.submit(visit), visit

    def send(self, *events: Any, **head: Any) -> tuple[int, list[dict[str, Any]]]:
        outcome, visit = self.submit(*events, **head)
        answer = outcome if isinstance(outcome, Answer) else self.intake.give_up(outcome, visit)
        return answer.status, orjson.loads(answer.body)["results"] if answer.body else []

    def ids(self, topic: str = "test.event") -> list[str]:
        reader = self.log.reader()
        records = reader.read(TopicPartition(topic, 0), 0).records
        return [orjson.loads(record.value or b"")["meta"]["id"] for record in records]


def event(event_id: str, stream: str = "test.event", **more: Any) -> dict[str, Any]:
    return {**GOOD, "meta": {"stream": stream, "id": event_id}, **more}


def words(results: list[dict[str, Any]]) -> list[str]:
    return [one["result"] for one in results]


def test_send__same_id_again__answered_ok_as_duplicate_and_produced_once() -> None:
    door = Door()

    assert door.send(event("a")) == (201, [])
    status, results = door.send(event("a"), event("b"))

    assert status == 201
    assert words(results) == ["duplicate", "accepted"]
    assert results[0]["duplicate"] is True
    assert "duplicate" not in results[1]
    assert door.ids() == ["a", "b"]


def test_send__same_id_in_another_stream__is_another_event() -> None:
    door = Door()

    door.send(event("a"))

    assert door.send(event("a", "topicless.event")) == (201, [])


def test_send__same_id_with_another_schema__is_another_event() -> None:
    door = Door()
    door.send(event("a"))

    assert door.send({**event("a"), "$schema": "/sample/test_event/2.0.0"}) == (201, [])


def test_send__no_id_of_the_clients__never_a_duplicate() -> None:
    door = Door()

    for _ in range(3):
        assert door.send(GOOD) == (201, [])

    assert len(set(door.ids())) == 3
    assert len(door.intake._seen) == 0


def test_send__failed_before__is_produced() -> None:
    door = Door()
    door.producer.error = AWAY
    assert door.send(event("a"))[0] == 503

    door.producer.error = None

    assert door.send(event("a")) == (201, [])
    assert door.ids() == ["a"]


def test_send__refused_before__is_produced_once_mended() -> None:
    door = Door()

    assert door.send(event("a", test=7))[0] == 400
    assert door.send(event("a")) == (201, [])


def test_send__first_still_in_flight__503_then_duplicate_once_the_log_took_it() -> None:
    door = Door()
    door.producer.is_silent = True
    first, visit = door.submit(event("a"))
    assert isinstance(first, Submission)

    status, [again] = door.send(event("a"))
    assert (status, again["code"]) == (503, "event.in_flight")
    assert door.intake.give_up(first, visit).status == 503  # the client waits no longer, the log may still take it
    assert door.send(event("a"))[1][0]["code"] == "event.in_flight"

    door.producer.release()
    door.producer.is_silent = False
    assert words(door.send(event("a"))[1]) == ["duplicate"]
    assert door.ids() == ["a"]


@pytest.mark.parametrize("fails", [False, True])
def test_send__twice_in_one_request__shares_the_fate(fails: bool) -> None:  # noqa: FBT001  # a case
    door = Door()
    door.producer.error = AWAY if fails else None

    status, results = door.send(event("a"), event("a"))

    assert status == (503 if fails else 201)
    assert words(results) == (["failed", "failed"] if fails else ["accepted", "duplicate"])
    assert door.ids() == ([] if fails else ["a"])


def test_send__service_wants_none__every_one_is_produced() -> None:
    door = Door(duplicate_seconds=0)

    assert door.send(event("a"))[0] == door.send(event("a"))[0] == 201

    assert door.ids() == ["a", "a"]


def test_send__eventgates_profile__answered_as_accepted() -> None:
    door = Door(profile="eventgate")

    statuses = [door.submit(event("a"), service="main")[0] for _ in range(2)]

    assert [one.status for one in statuses if isinstance(one, Answer)] == [201, 201]
    assert door.ids() == ["a"]


@pytest.mark.parametrize("broken", [7, None, "x", [], {"meta": None}, {"meta": "x"}, {"meta": {"id": 7}}, {"meta": []}])
def test_id_of__anything_else__none(broken: Any) -> None:
    assert id_of(broken) is None


def claim(seen: Seen | SeenTable, word: str, now_ms: int) -> str:
    return seen.claim(key_of("t", word, "/s/1.0.0"), seen.mark(now_ms), now_ms - WINDOW)


@pytest.fixture(params=[Seen, SeenTable])
def memory(request: pytest.FixtureRequest) -> Seen | SeenTable:
    made: Seen | SeenTable = request.param()
    return made


def test_claim__window_over__is_new_again(memory: Seen | SeenTable) -> None:
    assert claim(memory, "a", NOW) == "new"
    memory.settle([key_of("t", "a", "/s/1.0.0")], NOW)

    assert claim(memory, "a", NOW + WINDOW - 1) == "seen"
    assert claim(memory, "a", NOW + WINDOW) == "new"


def test_claim__never_settled__is_new_after_the_window(memory: Seen | SeenTable) -> None:
    claim(memory, "a", NOW)

    assert claim(memory, "a", NOW + 1) == "in_flight"
    assert claim(memory, "a", NOW + WINDOW) == "new"


def test_claim__given_up__is_new(memory: Seen | SeenTable) -> None:
    claim(memory, "a", NOW)
    memory.forget([key_of("t", "a", "/s/1.0.0")])

    assert claim(memory, "a", NOW + 1) == "new"
    assert len(memory) == 1


def test_table__more_than_it_holds__the_oldest_of_a_bucket_make_room() -> None:
    table = SeenTable(buckets=1)
    for number in range(6):
        claim(table, str(number), NOW + number)
        if number != 2:
            table.settle([key_of("t", str(number), "/s/1.0.0")], NOW + number)

    verdicts = [claim(table, str(number), NOW + 9) for number in (5, 4, 3, 2)]
    assert verdicts == ["seen", "seen", "seen", "in_flight"]
    assert (len(table), claim(table, "0", NOW + 10)) == (4, "new")


def in_a_child(work: Callable[[], None]) -> None:
    """Run it in a forked process that is then killed, as a worker may be."""
    pid = os.fork()
    if pid == 0:
        work()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def test_table__another_worker_took_it__is_seen() -> None:
    table = SeenTable()

    def work() -> None:
        claim(table, "a", NOW)
        table.settle([key_of("t", "a", "/s/1.0.0")], NOW)

    in_a_child(work)

    assert claim(table, "a", NOW + 1) == "seen"


def test_table__another_worker_has_it_in_flight__is_new_once_that_is_dead() -> None:
    table = SeenTable()
    claim(table, "mine", NOW)
    found: list[str] = []
    in_a_child(lambda: None if claim(table, "mine", NOW) == "in_flight" and claim(table, "a", NOW) == "new" else os._exit(1))
    found.append(claim(table, "a", NOW + 1))

    assert found == ["new"]
    assert claim(table, "mine", NOW + 1) == "in_flight"


def test_seen__more_than_it_holds__forgets_the_oldest_and_stays_bounded() -> None:
    seen = Seen(most=1000)
    for number in range(5000):
        claim(seen, str(number), NOW)
        seen.settle([key_of("t", str(number), "/s/1.0.0")], NOW)

    assert len(seen) <= 1000
    assert claim(seen, "4999", NOW + 1) == "seen"
    assert claim(seen, "0", NOW + 1) == "new"


def test_seen__key_from_the_older_generation__still_known_and_renewed() -> None:
    seen = Seen(most=10)
    for number in range(7):
        claim(seen, str(number), NOW)
        seen.settle([key_of("t", str(number), "/s/1.0.0")], NOW)

    assert claim(seen, "0", NOW + 1) == "seen"


def test_claim__many_threads_at_once__one_gets_it() -> None:
    seen = Seen()
    start = threading.Barrier(4)
    won: list[str] = []

    def run(number: int) -> None:
        start.wait()
        won.extend(word for word in map(str, range(2000)) if claim(seen, word, NOW + number) == "new")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == sorted(map(str, range(2000)))


def test_claims__events_with_ids_in_a_batch__cost_little() -> None:
    seen = Seen()
    taken = [Delivery("t", 0, 0)] * 100
    made = [(str(number), event(str(number))) for number in range(10_000)]

    def run() -> float:
        started = time.process_time()
        for first in range(0, len(made), 100):
            claims = Claims(seen, NOW + first)
            submission = Submission(100, RequestHead(), is_hasty=False)
            for index, (word, one) in enumerate(made[first : first + 100]):
                claims.is_new(index, one, key_of("t", word, "/s/1.0.0"), 0, submission)
            claims.settle(taken)
        return (time.process_time() - started) / len(made) * 1e6

    assert min(run() for _ in range(5)) < 3  # µs; measured 0.5, and a busy machine shall not fail


@pytest.mark.slow
def test_workers__two_behind_one_port__produce_an_id_once(tmp_path: Path) -> None:
    environment = env.child({"ROLE": "intake", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})
    with started("tests.intake.served:lane", "asgi", environment, "--workers", "2") as (port, _):
        answers = [
            httpx.post(f"http://127.0.0.1:{port}/v1/events", json=event("the-one"), headers={"prefer": "return=representation"})
            for _ in range(30)  # each on a connection of its own, which either worker may take
        ]

    found = [words(answer.json()["results"]) for answer in answers]
    assert found == [["accepted"], *[["duplicate"]] * 29]
