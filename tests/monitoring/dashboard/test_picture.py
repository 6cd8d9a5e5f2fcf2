from __future__ import annotations

from itertools import pairwise

import pytest

from monitoring.dashboard.picture import layout, things
from monitoring.dashboard.picture.things import Flow, Scene, Thing
from monitoring.stages import State


def stream(name: str, rate: float = 1.0, state: State = "ok") -> Thing:
    return Thing(f"stream:{name}", name, state, f"/streams/{name}", rate)


def scene(streams: int = 250, services: int = 3, stores: int = 27) -> Scene:
    """A large site: each stream in one service, each store takes every ninth stream."""
    sources = [Thing(f"source:{number}", f"service-{number}", "ok", "/", 5.0) for number in range(services)]
    every = [stream(f"area.event_{number:03}", rate=float(number)) for number in range(streams)]
    groups = {source.key: every[number::services] for number, source in enumerate(sources)}
    kept = [Thing(f"store:{number}", f"to_store_{number:02}", "ok", "/", 1.0) for number in range(stores)]
    flows = [Flow(source.key, one.key, "ok", one.rate or 0) for source in sources for one in groups[source.key]]
    flows += [
        Flow(one.key, kept[number % stores].key, "ok", 1.0) for number, one in enumerate(every) if stores and number % 9 == 0
    ]
    return Scene(sources, groups, kept, flows)


def names(found: Scene) -> list[str]:
    return [thing.name for group in found.streams.values() for thing in group]


def test_fold__large_site__names_the_biggest_and_counts_the_rest() -> None:
    folded = things.fold(scene(), most_streams=24, most_stores=12)

    assert len(names(folded)) == 24 + 3
    assert "area.event_249" in names(folded)
    assert names(folded).count("and 76 more") == 1  # 84 of a service, 8 of them named
    assert sum(thing.rate or 0 for group in folded.streams.values() for thing in group) == sum(range(250))
    assert folded.stores[-1].name == "and 15 more"


def test_fold__one_failing_and_small__is_named_first() -> None:
    streams = [*(stream(f"big{number}", rate=1000.0) for number in range(50)), stream("tiny", rate=0.0, state="fail")]

    folded = things.fold(Scene([], {"s": streams}), most_streams=5, most_stores=5)

    assert names(folded)[0] == "tiny"


def test_fold__more_fail_than_fit__the_rest_says_so() -> None:
    streams = [stream(f"s{number}", state="fail") for number in range(9)]

    folded = things.fold(Scene([], {"s": streams}), most_streams=4, most_stores=5)

    rest = folded.streams["s"][-1]
    assert (rest.name, rest.state, rest.words) == ("and 5 more", "fail", "5 need attention")


def test_fold__opened_group__stands_whole() -> None:
    folded = things.fold(scene(), most_streams=24, most_stores=12, opened={"source:1"})

    assert len(folded.streams["source:1"]) == 83
    assert len(folded.streams["source:0"]) < 20


def test_fold__rest_of_one__is_named_instead() -> None:
    folded = things.fold(Scene([], {"s": [stream(str(number)) for number in range(5)]}), most_streams=4, most_stores=5)

    assert not any(things.is_rest(thing) for thing in folded.streams["s"])


def test_fold__flows_of_the_rest__are_added_up_and_worst_state_stays() -> None:
    found = scene(streams=20, services=1, stores=1)
    late = found.flows[0]
    found = Scene(found.sources, found.streams, found.stores, [Flow(late.source, late.target, "fail", 1.0), *found.flows[1:]])

    folded = things.fold(found, most_streams=3, most_stores=5)

    into = [flow for flow in folded.flows if flow.source == "source:0"]
    assert len(into) == 4
    assert sum(flow.rate for flow in into) == pytest.approx(1.0 + sum(range(1, 20)))
    assert [flow.state for flow in into if flow.target.startswith("more:")] == ["fail"]


def test_fold__many_groups__each_names_one_at_least() -> None:
    groups = {f"source:{number}": [stream(f"{number}.{one}") for one in range(9)] for number in range(40)}

    folded = things.fold(Scene([], groups), most_streams=10, most_stores=5)

    assert all(len(group) == 2 for group in folded.streams.values())


def test_arrange__large_site__no_two_boxes_overlap_and_all_lie_inside() -> None:
    picture = layout.arrange(things.fold(scene(), most_streams=24, most_stores=12))

    columns: dict[float, list[layout.Box]] = {}
    for box in picture.boxes:
        columns.setdefault(box.x, []).append(box)
    assert len(columns) == 3
    for column in columns.values():
        ordered = sorted(column, key=lambda box: box.y)
        assert all(upper.y + upper.height <= lower.y for upper, lower in pairwise(ordered))
    assert all(
        box.x >= 0 and box.x + box.width <= picture.width and box.y + box.height <= picture.height for box in picture.boxes
    )


def test_arrange__many_stores_for_one_stream__still_fit() -> None:
    found = scene(streams=2, services=1, stores=12)
    picture = layout.arrange(found)

    assert all(box.y + box.height <= picture.height for box in picture.boxes)


def test_arrange__nothing_at_all__is_an_empty_picture() -> None:
    picture = layout.arrange(Scene())

    assert (picture.boxes, picture.curves) == ((), ())


def test_arrange__flows__each_has_a_curve_and_failing_ones_lie_on_top() -> None:
    found = scene(streams=4, services=1, stores=1)
    flows = [Flow("source:0", "stream:area.event_000", "fail", 0.0), *found.flows[1:]]

    picture = layout.arrange(Scene(found.sources, found.streams, found.stores, flows))

    assert len(picture.curves) == 5
    assert picture.curves[-1].css == "fail"
    assert picture.curves[-1].word


def test_arrange__flow_to_something_unknown__is_left_out() -> None:
    assert layout.arrange(Scene(flows=[Flow("a", "b", "ok", 1.0)])).curves == ()


@pytest.mark.parametrize(("rate", "width"), [(0.0, 1.0), (1000.0, 9.0), (100.0, 7.0), (10.0, 5.0), (0.1, 1.0), (0.001, 1.0)])
def test_thickness__by_orders_of_magnitude(rate: float, width: float) -> None:
    assert layout.thickness(rate, 1000.0) == width


@pytest.mark.parametrize(
    ("name", "letters", "shown"),
    [("short", 10, "short"), ("mediawiki.page_content_change.v1", 20, "mediawiki…_change.v1"), ("abcdef", 2, "a…f")],
)
def test_fitted__long_name__keeps_beginning_and_end(name: str, letters: int, shown: str) -> None:
    assert layout.fitted(name, letters) == shown
