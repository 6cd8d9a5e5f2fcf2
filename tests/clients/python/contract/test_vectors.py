"""Every case of the contract's vectors, through the Python client's pure modules."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from eventclient.contract import answers, assembling, audience, curation, experiments, sampling, timeline
from eventclient.contract.configuration import Questions
from eventclient.contract.context import Context
from eventclient.contract.identifiers import Identifiers
from eventclient.contract.queue import Item, Waiting
from eventplatform import env

_FOLDER = env.ROOT / "clients" / "contract"


def _file(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text())


def _cases(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["why"]) for case in _file(name)["cases"]])


@_cases("sampling")
def test_sampling__each_case__its_outcome(case: dict[str, Any]) -> None:
    verdict = _judged(case)

    assert (verdict.reason or "in") == case["outcome"]
    if "carries" in case:
        carried = {"unit": verdict.unit, "rate": verdict.rate}
        assert {name: value for name, value in carried.items() if value is not None} == case["carries"]


def _judged(case: dict[str, Any]) -> sampling.Verdict:
    entry = case["stream"]
    own = case.get("instrument", entry)
    if entry is None or own is None:
        return sampling.Verdict("unconfigured")
    if sampling.read(entry.get("sample")).rate == 0:
        return sampling.Verdict("closed")
    return sampling.judge(
        sampling.read(own.get("sample")), case["ids"], consent=case["consent"], is_forced=case.get("forced", False)
    )


@_cases("populations")
def test_populations__each_case__in_or_out(case: dict[str, Any]) -> None:
    assert sampling.in_population(case["id"], case["population"]) is case["in_sample"]


@_cases("experiments")
def test_experiments__each_case__hash_and_bucket(case: dict[str, Any]) -> None:
    assigned = experiments.assign(case["user_id"], case["experiment"], buckets=case["buckets"], rate=case["rate"])

    assert experiments.user_hash(case["user_id"], case["experiment"]) == pytest.approx(case["hash"], abs=1e-15)
    assert assigned == (case["bucket"], case["sampled"])


@_cases("audience")
def test_audience__each_case__fits_or_not(case: dict[str, Any]) -> None:
    assert audience.fits(case["audience"], **case["client"]) is case["fits"]


@_cases("curation")
def test_curation__each_case__sent_or_not(case: dict[str, Any]) -> None:
    assert curation.holds(case["curation"], Context(_file("curation")["context"], {})) is case["sends"]


@_cases("timeline")
def test_timeline__each_case__the_sample_of_the_moment(case: dict[str, Any]) -> None:
    received = 0 if case["received"] is None else timeline.milliseconds(case["received"])
    offset = timeline.clock_offset(case["date"], received)

    held = timeline.holding(case["entry"], timeline.milliseconds(case["now"]) + offset)

    assert held.sample == case["sample"]


@_cases("identifiers")
def test_identifiers__each_case__used_and_stored(case: dict[str, Any]) -> None:
    stored = json.loads(json.dumps(case["stored"]))
    identifiers = Identifiers(stored, consent=case["consent"])
    before = {entry["id"] for entry in case["stored"].values() if isinstance(entry, dict)}

    found = identifiers.find(case["needs"], case["now"])

    assert _new(found, before) == case["id"]
    for entry in stored.values():
        entry["id"] = _new(entry["id"], before)
    assert stored == case["stored_after"]


def _new(identifier: str | None, before: set[str]) -> str | None:
    """`new` for one that was made: 20 hexadecimal digits."""
    if identifier is None or identifier in before:
        return identifier
    assert len(identifier) == 20
    assert int(identifier, 16) >= 0
    return "new"


@_cases("assembling")
def test_assembling__each_case__the_event_as_sent(case: dict[str, Any]) -> None:
    before = json.dumps(case["event"])
    planned = assembling.plan(case["stream"], case["entry"], case.get("instrument"))
    moment = assembling.Moment(case["now"], case["id"], case["domain"])

    sent = assembling.assemble(case["event"], planned, Context(case["context"], case["knows"]), moment)

    assert sent == case["sent"]
    assert orjson.loads(orjson.dumps(sent)) == case["sent"]
    assert json.dumps(case["event"]) == before
    assert assembling.iso(timeline.milliseconds(case["now"])) == case["now"]


@_cases("answers")
def test_answers__each_case__the_fate_of_each_event(case: dict[str, Any]) -> None:
    count = len(case["outcomes"])

    answer = answers.read(case["status"], case["headers"], case["body"], count=count, attempt=case["attempt"])

    told = [{"dropped": fate.code} if fate.what == answers.DROPPED else fate.what for fate in answer.fates]
    assert told == case["outcomes"]
    assert answer.wait_seconds == case["wait_seconds"]


@_cases("configuration")
def test_configuration__each_step__what_holds_and_when_again(case: dict[str, Any]) -> None:
    questions = Questions()
    for step in case["steps"]:
        assert questions.etag == step["if_none_match"]
        answer = step["answer"] or {"status": None, "headers": {}, "body": None}

        again = questions.answered(answer["status"], answer["headers"], answer["body"])

        assert (questions.holds and questions.holds.revision) == step["holds"]
        assert again == step["again_in"]


@_cases("queue")
def test_queue__each_case__kept_and_dropped(case: dict[str, Any]) -> None:
    waiting = Waiting(case["bounds"]["events"], case["bounds"]["bytes"])
    ordered = sorted([*case["waiting"], *case["arrives"]], key=lambda entry: entry["made"])
    dropped = []
    for number, entry in enumerate(ordered):
        item = Item(b"x" * entry["bytes"], entry["name"], entry["made"], number)
        dropped += waiting.put("intake", item)
        dropped += waiting.expire(case["now"])

    kept = waiting.lane("intake").take(100, 10_000)

    assert [{"name": drop.item.stream, "reason": drop.reason} for drop in dropped] == case["dropped"]
    assert [item.stream for item in kept] == case["kept"]


def test_vectors__every_file__has_a_test_here() -> None:
    run = {name for name in globals() if name.startswith("test_")}

    assert all(any(file.stem in name for name in run) for file in _FOLDER.glob("*.json"))


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 01 Jan 99999999999 00:00:00 GMT"])
def test_clock_offset__no_date__none(date: str) -> None:
    assert timeline.clock_offset(date, 0.0) == 0.0


@pytest.mark.parametrize("changes", [None, 7, "soon", {}, [None], ["soon"], [{"at": 7}], [{"at": "0001-01-01T00:00:00"}]])
def test_holding__changes_that_are_none__the_entry_s_own(changes: Any) -> None:
    assert timeline.holding({"sample": "own", "changes": changes}, 0.0) == ("own", float("inf"))
