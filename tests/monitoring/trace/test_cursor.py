from __future__ import annotations

import base64
import random
import zlib

import pytest

from eventplatform.core.records import TopicPartition
from monitoring.trace import cursor
from monitoring.trace.asking import Window
from monitoring.trace.cursor import Cursor, CursorError
from monitoring.trace.spans import Reach

DONE = Reach(is_done=True)
WINDOW = Window(1_795_000_000_000, 1_795_000_100_000, 1_795_000_200_000)


def test_cursor__written_and_read__is_the_same() -> None:
    reaches = {0: Reach(5, 7, is_after_done=True, anchor=981_204_000), 9: Reach(1, 0), **dict.fromkeys((2, 3, 4, 7), DONE)}
    made = Cursor(WINDOW, "ab12", reaches, ((0, 981_204_417),), 12_000, 2.25)

    text = cursor.write(made)

    assert cursor.read(text) == made
    assert text.replace("-", "").replace("_", "").isalnum()


def test_cursor__of_many_partitions__fits_an_address() -> None:
    chance = random.Random(7)  # noqa: S311  # no secret
    reaches = {number: Reach(4000, 2000 * number, anchor=chance.randrange(10**9)) for number in range(0, 500, 2)}

    assert len(cursor.write(Cursor(WINDOW, "ab12", reaches | dict.fromkeys(range(1, 500, 2), DONE)))) < 6000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "?!",
        "ü",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(zlib.compress(b"[]")).decode(),
        base64.urlsafe_b64encode(zlib.compress(b'{"w":[1,2,3],"d":"","e":[],"r":[[0,0,-1,0,0]],"f":[],"n":0,"s":0}')).decode(),
        base64.urlsafe_b64encode(
            zlib.compress(b'{"w":[1,2,3],"d":"","e":[],"r":[[0,0,true,0,0]],"f":[],"n":0,"s":0}')
        ).decode(),
        base64.urlsafe_b64encode(
            zlib.compress(b'{"w":[1,2,3],"d":"","e":[[0,9999999999]],"r":[],"f":[],"n":0,"s":0}')
        ).decode(),
        base64.urlsafe_b64encode(zlib.compress(b" " * 10_000_000)).decode(),
        cursor.write(Cursor(WINDOW, "ab12"))[:-5],
    ],
)
def test_cursor__anything_else__refused(text: str) -> None:
    with pytest.raises(CursorError):
        cursor.read(text)


def test_digest__other_partitions__is_another() -> None:
    one, two = TopicPartition("a", 0), TopicPartition("a", 1)

    assert cursor.digest_of([one, two]) == cursor.digest_of([one, two])
    assert len({cursor.digest_of(found) for found in ([], [one], [two], [one, two], [two, one])}) == 5
