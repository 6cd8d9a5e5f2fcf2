"""One wish, one channel: equal requests share it, ids move only where something was read, pieces stay small."""

from __future__ import annotations

import orjson

from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import Record, TopicPartition
from monitoring.streaming.channels import Positions, Reading, Wish, Writer
from monitoring.streaming.entries import Entry
from monitoring.streaming.positions import Position
from tests.monitoring.streaming.rig import event, produce, served, wait_until

A, B = TopicPartition("a", 0), TopicPartition("b", 0)


def entries(where: TopicPartition, *values: bytes, first: int = 0) -> list[Entry]:
    records = [Record(where.topic, 0, first + n, 1000 + n, None, value) for n, value in enumerate(values)]
    return [Entry(one, orjson.loads(one.value or b""), lambda made: made) for one in records]


def positions() -> Positions:
    return Positions({A: Position(0, 500), B: Position(7, 600)}, {A: "la", B: "lb"})


def test_write__events_of_one_partition__ids_move_there_alone() -> None:
    at = positions()

    (piece,) = Writer(Wish((A, B))).write([Reading(A, 0, entries(A, event(1), event(2)), 5, 1001)], at)

    ids = [orjson.loads(line[4:]) for line in piece.body.splitlines() if line.startswith(b"id: ")]
    assert [[part["offset"] for part in one] for one in ids] == [[1, 7], [2, 7]]
    assert [part["timestamp"] for part in ids[-1]] == [1001, 600]
    assert piece.count == 2
    assert at[A] == Position(5, 1001)  # behind markers too, which the next id or heartbeat says
    assert orjson.loads(at.id)[0]["offset"] == 5


def test_write__nothing_matches__no_piece_but_positions_move() -> None:
    at = positions()

    assert Writer(Wish((A, B))).write([Reading(A, 0, entries(A, event(1, domain="canary")), 1, 1000)], at) == []
    assert at[A].offset == 1


def test_write__much_at_once__in_pieces_that_a_slow_client_can_lose_one_by_one() -> None:
    many = entries(A, *[event(n, text="x" * 10_000) for n in range(40)])

    pieces = Writer(Wish((A,))).write([Reading(A, 0, many, 40, 1039)], positions())

    assert sum(piece.count for piece in pieces) == 40
    assert all(len(piece.framed) < 80_000 for piece in pieces)
    assert [orjson.loads(piece.event_id)[0]["offset"] for piece in pieces][-1] == 40


def test_clients__of_equal_requests__share_a_channel_whatever_their_order_of_words() -> None:
    log = MemoryLog()
    log.create_topic("pages")
    paths = (
        "/v2/stream/pages?filter=n>1&filter=n<9&fields=n,meta.id",
        "/v2/stream/pages?fields=meta.id&fields=n&filter=n<9&filter=n>1&filter=n>1",
        "/v2/stream/pages?filter=n>1",
    )
    with served(log) as rig, rig.follow(paths[0]) as one, rig.follow(paths[1]) as two, rig.follow(paths[2]) as three:
        wait_until(lambda: rig.clients() == 3)
        assert len(rig.on_loop(lambda: tuple(rig.server.service.hub._channels))) == 2
        produce(log, "pages", [event(1), event(2)])

        assert one.events(1) == two.events(1) == [{"n": 2, "meta": {"id": "id-2"}}]
        assert three.numbers(1) == [2]
