"""The contract's rules once more, as short as they can be said: what the vectors are held against. No client is imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard

JsonMap = Mapping[str, Any]

UNITS = ("pageview", "session", "device")
KEPT_UNITS = {"session": ("used", timedelta(minutes=30)), "device": ("made", timedelta(days=90))}
EXPIRES = timedelta(days=7)


def value_of(identifier: Any) -> float | None:
    """Where an identifier lies between 0 and 1."""
    first = identifier[:8] if isinstance(identifier, str) else ""
    return int(first, 16) / 0xFFFFFFFF if re.fullmatch(r"[0-9a-fA-F]{1,8}", first) else None


def rate_of(sample: Any) -> float | None:
    """The rate of a sample that is one."""
    if not isinstance(sample, Mapping) or sample.get("unit") not in UNITS:
        return None
    rate = sample.get("rate")
    return rate if is_number(rate) and 0 <= rate <= 1 else None


def is_number(value: Any) -> TypeGuard[float]:
    """True for JSON's numbers; Python's True is 1."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def sampling(case: JsonMap) -> str:
    """`in`, or the reason why not."""
    entries = [case["stream"], *([case["instrument"]] if "instrument" in case else [])]
    if None in entries:
        return "unconfigured"
    if len(entries) > 1 and rate_of(entries[0].get("sample")) == 0:
        return "closed"
    sample = entries[-1].get("sample")
    if sample is None:
        return "in"
    rate = rate_of(sample)
    if not rate:
        return "unsampled" if rate is None else "closed"
    if sample["unit"] != "pageview" and not case["consent"]:
        return "consent"
    value = value_of(case["ids"].get(sample["unit"]))
    is_in = case.get("forced") or (value is not None and value < rate)
    return "in" if is_in else "unsampled"


def carried(case: JsonMap) -> JsonMap:
    """`sample.unit` and `sample.rate` of an event that is sent."""
    sample = case.get("instrument", case["stream"]).get("sample")
    if sample is None:
        return {"rate": 1}
    if sampling({**case, "forced": False}) != "in":
        return {"unit": "forced", "rate": 1}
    return {"unit": sample["unit"], "rate": sample["rate"]}


def fits(case: JsonMap) -> bool:
    """Whether a client is in an audience."""
    audience, client = case["audience"] or {}, case["client"]
    wanted, person = audience.get("is_logged_in"), client["is_logged_in"]
    return (
        client["site"] not in (audience.get("except_sites") or ())
        and client["site"] in (audience.get("sites") or [client["site"]])
        and client["platform"] in (audience.get("platforms") or [client["platform"]])
        and (wanted is None or wanted is person)
    )


def _is_same(one: Any, two: Any) -> bool:
    return one == two and isinstance(one, bool) == isinstance(two, bool)


def _holds(wanted: Any, value: Any) -> bool:
    return isinstance(wanted, list) and any(_is_same(one, value) for one in wanted)


def _compares(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: is_number(value) and is_number(wanted) and compare(value, wanted)


def _contents(rule: Callable[[list[Any], Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: isinstance(value, list) and rule(value, wanted)


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": _is_same,
    "not_equals": lambda value, wanted: not _is_same(value, wanted),
    "greater_than": _compares(lambda value, wanted: value > wanted),
    "less_than": _compares(lambda value, wanted: value < wanted),
    "greater_than_or_equals": _compares(lambda value, wanted: value >= wanted),
    "less_than_or_equals": _compares(lambda value, wanted: value <= wanted),
    "in": lambda value, wanted: _holds(wanted, value),
    "not_in": lambda value, wanted: isinstance(wanted, list) and not _holds(wanted, value),
    "contains": _contents(_holds),
    "does_not_contain": _contents(lambda value, wanted: not _holds(value, wanted)),
    "contains_all": _contents(lambda value, wanted: isinstance(wanted, list) and all(_holds(value, one) for one in wanted)),
    "contains_any": _contents(lambda value, wanted: isinstance(wanted, list) and any(_holds(value, one) for one in wanted)),
}


def curation(rules: Any, context: JsonMap) -> bool:
    """Whether all rules hold of a context."""
    for attribute, wanted in dict(rules or {}).items():
        value = found(context, attribute.split("_", 1))
        if value is None or not all(name in OPERATORS and OPERATORS[name](value, one) for name, one in wanted.items()):
            return False
    return True


def found(tree: Any, path: list[str]) -> Any:
    """What a tree holds at a path; None where it holds nothing."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def sample_at(case: JsonMap) -> Any:
    """The sample of the device's moment `now`."""
    now = moment(case["now"])
    if case["date"] is not None:
        now += parsedate_to_datetime(case["date"]) - moment(case["received"])
    due = [one["sample"] for one in case["entry"].get("changes", ()) if _is_past(one.get("at"), now)]
    return due[-1] if due else case["entry"]["sample"]


def _is_past(text: Any, now: datetime) -> bool:
    try:
        return isinstance(text, str) and moment(text) <= now
    except ValueError:
        return False


def moment(text: str) -> datetime:
    """A moment from its text."""
    return datetime.fromisoformat(text)


def identifier(case: JsonMap, new: str = "new") -> tuple[str | None, JsonMap]:
    """The identifier that is used, and what is stored then."""
    needs, stored = case["needs"], dict(case["stored"]) if case["consent"] else {}
    if needs == "pageview":
        return new, stored
    if not case["consent"]:
        return None, {}
    key, lasts = KEPT_UNITS[needs]
    known = stored.get(needs)
    is_good = (
        isinstance(known, Mapping)
        and re.fullmatch(r"[0-9a-f]{20}", str(known.get("id")))
        and is_number(known.get(key))
        and timedelta(milliseconds=case["now"] - known[key]) < lasts
    )
    kept: JsonMap = known if is_good and known else {"id": new, key: case["now"]}
    stored[needs] = {**kept, "used": case["now"]} if needs == "session" else kept
    return kept["id"], stored


def assembled(case: JsonMap) -> JsonMap:
    """The event as sent."""
    event, parts = dict(case["event"]), [case["entry"], case.get("instrument", {})]
    meta = dict(event["meta"]) if isinstance(event.get("meta"), dict) else {}
    event["meta"] = meta | {"stream": case["stream"]}
    if case["entry"]["schema"] is not None:
        event.setdefault("$schema", case["entry"]["schema"])
    version = str(event.get("$schema"))
    fields = [field for part in parts for field in part.get("older", {}).get(version, part.get("fields", ()))]
    own = {"meta.id": case["id"], "meta.domain": case["domain"], "dt": case["now"]}
    for field in fields:
        path = field.split(".")
        value = own[field] if field in own else _known(case, path)
        if value is not None:
            _fill(event, path, value)
    if "client_dt" in event:
        event.pop("dt", None)
    return event


def _known(case: JsonMap, path: list[str]) -> Any:
    value = found(case["context"], path)
    return found(case["knows"], path) if value is None else value


def _fill(event: dict[str, Any], path: list[str], value: Any) -> None:
    name, rest = path[0], path[1:]
    if not rest:
        event.setdefault(name, value)
    elif isinstance(event.setdefault(name, {}), dict):
        event[name] = dict(event[name])
        _fill(event[name], rest, value)


def pause(failures: int, longest: int) -> int:
    """The seconds after so many failures in a row."""
    return int(min(longest, 2 ** min(failures - 1, 20)))


def answered(case: JsonMap) -> tuple[list[Any], float | None]:
    """What becomes of each event, and how long those wait that go again."""
    status, body, total = case["status"], case["body"], len(case["outcomes"])
    results = body.get("results") if isinstance(body, dict) else None
    if isinstance(results, list):
        fates = _by_result(results, total)
    else:
        code = body.get("code") if isinstance(body, dict) else None
        fates = [_by_status(status, total, code if isinstance(code, str) else str(status))] * total
    if "halve" in fates:
        return fates, 0
    wanted = next((text for name, text in case["headers"].items() if name.lower() == "retry-after"), "")
    seconds = min(float(wanted), timedelta(days=1).total_seconds()) if re.fullmatch(r"\d+", wanted) else 0
    return fates, (seconds or pause(case["attempt"], 60)) if "again" in fates else None


def _by_result(results: list[Any], total: int) -> list[Any]:
    by_index = {one.get("index"): one for one in results if isinstance(one, dict)}
    return [_fate(by_index.get(index, {"result": "failed"})) for index in range(total)]


def _fate(result: JsonMap) -> Any:
    name = result["result"]
    if name in {"accepted", "hasty", "spooled", "duplicate"}:
        return "sent"
    return "again" if name in {"limited", "failed"} else {"dropped": result.get("code", name)}


def _by_status(status: int | None, total: int, code: str) -> Any:
    if status is None or status == 429 or status >= 500:  # as the contract writes them
        return "again"
    if status < 300:  # likewise
        return "sent"
    if status in {400, 413} and total > 1:
        return "halve"
    return {"dropped": "too_large" if status == 413 else code}  # likewise


def queued(case: JsonMap) -> tuple[list[str], list[JsonMap]]:
    """What waits, in its order, and what is dropped for which reason."""
    bounds = case["bounds"]
    dropped: list[JsonMap] = []
    waiting: list[JsonMap] = sorted([*case["waiting"], *case["arrives"]], key=lambda one: one["made"])
    for one in list(waiting):
        is_old = timedelta(milliseconds=case["now"] - one["made"]) > EXPIRES
        if is_old or one["bytes"] > bounds["bytes"]:
            waiting.remove(one)
            dropped.append({"name": one["name"], "reason": "expired" if is_old else "full"})
    while len(waiting) > bounds["events"] or sum(one["bytes"] for one in waiting) > bounds["bytes"]:
        dropped.append({"name": waiting.pop(0)["name"], "reason": "full"})
    return [one["name"] for one in waiting], dropped
