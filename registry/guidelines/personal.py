"""Guidelines on what tells of a person: x-pii says what it is, x-pii-action what is done with it."""

from __future__ import annotations

from collections.abc import Iterator

from registry.guidelines.contract import Fault, Rule
from registry.guidelines.subject import Place, Subject

_SECTION = "Personal data"
KINDS = ("ip", "user_agent", "id", "name", "location", "free_text")
ACTIONS = ("drop", "hash", "truncate")
_TRUNCATED = frozenset({"ip", "user_agent", "location", "free_text"})
_CONTAINERS = ("array", "object")  # a tuple, as what stands in a schema may be a list, which no set can be asked for
# What fields are called that hold such data; a name alone is a hint, so the rule warns.
_NAMED: dict[str, str] = {
    **dict.fromkeys(("client_ip", "ip", "ip_address", "remote_addr", "x_client_ip"), "ip"),
    **dict.fromkeys(("user_agent", "ua"), "user_agent"),
    **dict.fromkeys(("device_id", "pageview_id", "session_id", "session_token", "user_central_id", "user_id"), "id"),
    **dict.fromkeys(("email", "email_address", "real_name", "user_name", "user_text", "username"), "name"),
    **dict.fromkeys(("city", "coordinates", "geocoded_data", "latitude", "longitude"), "location"),
    **dict.fromkeys(("comment", "search_query", "user_comment"), "free_text"),
}


def _kind(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("x-pii"):
        if place.schema["x-pii"] not in KINDS:
            yield Fault(f"{place.pointer}/x-pii", f"{str(place.schema['x-pii'])[:80]} is no kind of personal data.")


def _action(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("x-pii"):
        action = place.schema.get("x-pii-action")
        if action not in ACTIONS:
            where = f"{place.pointer}/x-pii-action" if "x-pii-action" in place.schema else place.pointer
            yield Fault(where, f"{place.name or 'It'} is marked, but not what is done with it: {', '.join(ACTIONS)}.")
    for place in subject.having("x-pii-action"):
        if "x-pii" not in place.schema:
            yield Fault(f"{place.pointer}/x-pii-action", f"{place.name or 'It'} says what is done, but not with what: x-pii.")


def _fits(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("x-pii-action"):
        kind, action = place.schema.get("x-pii"), place.schema["x-pii-action"]
        if action in ("hash", "truncate") and place.schema.get("type") in _CONTAINERS:
            yield Fault(f"{place.pointer}/x-pii-action", f"{place.name or 'It'} is no single value: it can only be dropped.")
        elif action == "truncate" and kind in KINDS and kind not in _TRUNCATED:
            yield Fault(f"{place.pointer}/x-pii-action", f"A truncated {kind} still tells who it is.")


def _unmarked(subject: Subject) -> Iterator[Fault]:
    for place in subject.fields:
        if place.name in _NAMED and place.schema.get("type") != "boolean" and not _is_marked(place):
            yield Fault(place.pointer, f"{place.name} looks like personal data ({_NAMED[place.name]}) and isn't marked.")


def _is_marked(place: Place | None) -> bool:
    return place is not None and ("x-pii" in place.schema or _is_marked(place.parent))


RULES = (
    Rule(
        code="PII-KIND",
        title="x-pii names a known kind of personal data",
        section=_SECTION,
        analytics="A list outside the schema, table by table and field by field, of what may be kept.",
        production="None in the schema; the list of what to keep moved to another repository.",
        chosen=f"x-pii on the field: {', '.join(KINDS)}.",
        why="The author knows what a field holds; every store, page and export can then act on it.",
        remedy=f"Write one of {', '.join(KINDS)}.",
        good="properties:\n  reader: {type: string, description: Who read., x-pii: name, x-pii-action: drop}\n",
        bad="properties:\n  reader: {type: string, description: Who read., x-pii: person, x-pii-action: drop}\n",
        check=_kind,
    ),
    Rule(
        code="PII-ACTION",
        title="What is marked says what becomes of it",
        section=_SECTION,
        analytics="keep or hash by an allow-list, all else null after 90 days; never the IP address or user agent.",
        production="The same list, applied when tables are sanitised.",
        chosen=f"x-pii-action beside x-pii, and never alone: {', '.join(ACTIONS)}.",
        why="What to do after the retention is decided with the field, not in a file that its author never sees.",
        remedy=f"Add x-pii-action: one of {', '.join(ACTIONS)}.",
        good="properties:\n  reader: {type: string, description: Who read., x-pii: id, x-pii-action: hash}\n",
        bad="properties:\n  reader: {type: string, description: Who read., x-pii: id}\n",
        check=_action,
    ),
    Rule(
        code="PII-FITS",
        title="The action fits the data",
        section=_SECTION,
        analytics="hash was an HMAC whose salt changed every three months; nothing was truncated.",
        production="The same.",
        chosen="Objects and lists are dropped. Ids and names are hashed or dropped: the start of one still tells who it is.",
        why="An action that can't be carried out protects nobody.",
        remedy="Mark the fields inside instead of the object, or choose drop or hash.",
        good="properties:\n  reader: {type: string, description: Who read., x-pii: name, x-pii-action: hash}\n",
        bad="properties:\n  reader: {type: string, description: Who read., x-pii: name, x-pii-action: truncate}\n",
        check=_fits,
    ),
    Rule(
        code="PII-UNMARKED",
        title="What looks like personal data is marked",
        section=_SECTION,
        level="warning",
        analytics="The IP address was collected with every event until 2020 (T262626).",
        production="A fragment adds http.client_ip where a schema asks for it; no rule.",
        chosen="A warning for fields whose name is a usual one for such data.",
        why="Forgetting the mark is the likeliest mistake, and the costliest.",
        remedy="Add x-pii and x-pii-action, or a waiver that says why it is none.",
        good="properties:\n  client_ip: {type: string, description: Of the reader., x-pii: ip, x-pii-action: truncate}\n",
        bad="properties:\n  client_ip: {type: string, description: Of the reader.}\n",
        check=_unmarked,
    ),
)
