from __future__ import annotations

import pytest

from registry.pages import graph
from registry.pages.graph import Node


def nodes(*names: str) -> dict[str, Node]:
    return {name: Node(name, "1.0.0", f"/schemas/{name}") for name in names}


def places(picture: graph.Picture) -> dict[str, tuple[float, float]]:
    return {box.node.name: (box.x, box.y) for box in picture.boxes}


def test_picture__users_and_parts__stand_left_and_right() -> None:
    edges = [("user", "me"), ("me", "part"), ("part", "deep"), ("me", "deep")]

    picture = graph.laid_out(nodes("me", "user", "part", "deep"), edges, "me")

    at = places(picture)
    assert at["user"][0] < at["me"][0] < at["part"][0] < at["deep"][0]
    assert len(picture.paths) == 4
    assert all(box.x >= 0 and box.right <= picture.width for box in picture.boxes)


def test_picture__boxes__never_overlap() -> None:
    names = [f"fragment/some/long/title/number_{index}" for index in range(30)]
    edges = [("me", name) for name in names] + [(names[0], names[1]), (names[3], names[9])]

    picture = graph.laid_out(nodes("me", *names), edges, "me")

    boxes = picture.boxes
    for one in boxes:
        for other in boxes:
            is_beside = one.right <= other.x or other.right <= one.x
            is_above = one.y + graph.BOX_HEIGHT <= other.y or other.y + graph.BOX_HEIGHT <= one.y
            assert one is other or is_beside or is_above
    assert "and 17 more" in {box.label for box in boxes}


def test_picture__circle__ends() -> None:
    picture = graph.laid_out(nodes("me", "a", "b"), [("me", "a"), ("a", "b"), ("b", "a"), ("b", "me")], "me")

    assert len(picture.boxes) == 3


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("change", "change"),
        ("fragment/mediawiki/state/entity/page", "entity/page"),
        ("analytics/mobile_apps/android_daily_stats", "android_daily_stats"),
        ("analytics/the_longest_name_that_anybody_wrote", "the_longest_name_th…"),
    ],
)
def test_label__long_name__keeps_its_end(name: str, label: str) -> None:
    picture = graph.laid_out(nodes("me", name), [("me", name)], "me")

    assert [box.label for box in picture.boxes if box.node.name == name] == [label]
