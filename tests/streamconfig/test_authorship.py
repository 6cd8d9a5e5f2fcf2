"""Who may ask for what: role by field by verb, posted to the service itself, with nothing changed by what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from streamconfig import services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import ForbiddenFieldError, RequestForbiddenError
from streamconfig.configuration.authorship import Level, may_edit
from streamconfig.models import ChangeRequest, Revision, Stream
from tests import configuring
from tests.streamconfig.people import person

pytestmark = pytest.mark.slow

OWN, FOREIGN, NOBODYS = "ui.click", "page.change", "test.event"
DOCUMENT: dict[str, Any] = {
    "streams": {
        FOREIGN: {"schema_title": "page/change", "about": {"owner": "platform"}},
        OWN: {"schema_title": "ui/click", "sample": {"unit": "session", "rate": 0.5}, "about": {"owner": "web"}},
        NOBODYS: {"schema_title": "test", "about": {"owner": "somebody"}},  # no team's key
    },
    "teams": {"web": {"title": "Web"}, "platform": {"title": "Platform"}},
    "instruments": {
        "menu": {"stream": OWN, "owner": "web"},
        "diff": {"stream": FOREIGN, "owner": "platform"},
        "guest": {"stream": FOREIGN, "owner": "web"},
    },
    "overrides": {"+large": {"streams": {OWN: {"sample": {"rate": 0.1}}}}, "plain": {"streams": {OWN: {}}}},
    "policies": {"all": {"effects": ["*"]}},  # so that nothing is published by who asks first
}
EVERYBODY = ("viewer", "editor", "approver", "engineer", "administrator")
EDITORS, ENGINEERS, ADMINISTRATORS, NOBODY = EVERYBODY[1:], EVERYBODY[3:], EVERYBODY[4:], ()

# section, item, path, value → who may ask; web's people, so `OWN` is theirs.
FIELDS: list[tuple[str, str, str, Any, tuple[str, ...]]] = [
    *[
        ("streams", OWN, path, value, EDITORS)
        for path, value in [
            ("about.description", "Clicks"),
            ("about.purpose", "To know"),
            ("about.contact", "#web"),
            ("about.task", "https://tasks.example.org/1"),
            ("about.owner", "platform"),
            ("about.review_on", "2027-06-30"),
            ("about.expires_on", "2027-12-31"),
            ("sample.rate", 0.25),
            ("sample.unit", "device"),
            ("windows", [{"from": "2027-01-01T00:00:00Z"}]),
            ("ramp", [{"at": "2027-01-01T00:00:00Z", "rate": 0.1}]),
            ("late_events", {"action": "drop", "grace_seconds": 60}),
            ("is_enabled", False),
            ("consumers", {"warehouse": {"enabled": True}}),
            ("consumers.warehouse.ttl_seconds", 3600),
            ("consumers.warehouse.retention_days", 30),
            ("consumers.warehouse.batch_rows", 500),
        ]
    ],
    *[
        ("streams", OWN, path, value, ENGINEERS)
        for path, value in [
            ("schema_title", "ui/other"),
            ("destination_event_service", "main"),
            ("topics", ["a.b"]),
            ("topic_prefixes", ["eqiad."]),
            ("message_key_fields", {"id": "id"}),
            ("log.partitions", 3),
            ("log.retention_hours", 24),
            ("about.sensitivity", "public"),
            ("canary_events_enabled", False),
            ("producers.eventgate.enrich_fields_from_http_headers", {"http.ip": "x-client-ip"}),
            ("producers.eventgate.use_edge_uniques", True),
            ("something_else", 1),
        ]
    ],
    ("streams", NOBODYS, "sample.rate", 0.5, EDITORS),
    ("streams", NOBODYS, "about.owner", "web", EDITORS),
    ("streams", NOBODYS, "about.owner", "platform", ENGINEERS),
    ("streams", FOREIGN, "sample.rate", 0.5, ENGINEERS),
    ("streams", FOREIGN, "is_enabled", False, ENGINEERS),
    ("streams", FOREIGN, "about.description", "Pages", ENGINEERS),
    ("streams", FOREIGN, "about.owner", "web", ENGINEERS),
    ("instruments", "menu", "sample.rate", 0.5, EDITORS),
    ("instruments", "menu", "contextual_attributes", ["page_id"], EDITORS),
    ("instruments", "menu", "owner", "platform", EDITORS),
    ("instruments", "menu", "stream", FOREIGN, ENGINEERS),
    ("instruments", "diff", "sample.rate", 0.5, ENGINEERS),
    ("instruments", "guest", "sample.rate", 0.5, EDITORS),
    ("overrides", "+large", "reason", "Large", EDITORS),
    ("overrides", "+large", f"streams/{OWN}/sample/rate", 0.2, EDITORS),
    ("overrides", "plain", f"streams/{OWN}/sample/rate", 0.2, EDITORS),
    ("overrides", "+large", f"streams/{FOREIGN}/sample/rate", 0.2, ENGINEERS),
    ("overrides", "+large", f"streams/{OWN}/schema_title", "ui/other", ENGINEERS),
    ("overrides", "+large", "defaults", {"sample": {"rate": 0.1}}, ENGINEERS),
    ("teams", "web", "title", "Web team", ADMINISTRATORS),
]
# section, item (none: removed), what it becomes → who may ask.
ITEMS: list[tuple[str, str, dict[str, Any] | None, tuple[str, ...]]] = [
    ("streams", "new", {"schema_title": "a"}, ENGINEERS),
    ("streams", OWN, None, ENGINEERS),
    ("instruments", "other", {"stream": OWN, "owner": "web"}, EDITORS),
    ("instruments", "other", {"stream": NOBODYS}, EDITORS),
    ("instruments", "other", {"stream": FOREIGN, "owner": "web"}, ENGINEERS),
    ("instruments", "other", {"stream": OWN, "owner": "platform"}, ENGINEERS),
    ("instruments", "menu", None, EDITORS),
    ("instruments", "diff", None, ENGINEERS),
    ("overrides", "+small", {"streams": {OWN: {"sample": {"rate": 1}}}}, EDITORS),
    ("overrides", "small", {"streams": {OWN: {"sample": {"rate": 1}}}}, ENGINEERS),
    ("overrides", "+small", {"streams": {FOREIGN: {"sample": {"rate": 1}}}}, ENGINEERS),
    ("overrides", "plain", None, ENGINEERS),
    ("services", "main", {"title": "Main"}, ENGINEERS),
    ("sites", "en", {"tags": ["large"]}, ENGINEERS),
    ("teams", "search", {"title": "Search"}, ADMINISTRATORS),
    ("policies", "free", {"effects": ["*"], "waives": True}, ADMINISTRATORS),
]


@pytest.fixture(autouse=True)
def configured(db: None) -> None:
    configuring.configure(DOCUMENT)


def ask(by: Actor, wish: services.Wish) -> bool:
    """Whether somebody's wish is taken as a request; what is refused leaves nothing behind."""
    before = live()
    refused = ""
    try:
        services.propose(wish, by=by, title="Try")
    except (ForbiddenFieldError, RequestForbiddenError) as error:
        refused = error.code
    if not refused:
        return True
    assert refused == ("change.forbidden" if by.level < Level.EDITOR else "change.forbidden_field")
    assert live() == before
    return False


def live() -> tuple[Any, ...]:
    """What a refused wish may not have touched."""
    return ChangeRequest.objects.count(), Revision.objects.count(), list(Stream.objects.order_by("name").values())


def keys_of(path: str) -> tuple[str, ...]:
    return tuple(path.split("/" if "/" in path else "."))


@pytest.mark.parametrize(
    ("section", "name", "path", "value", "allowed"), FIELDS, ids=[f"{one[0]} {one[1]} {one[2]} {one[3]}" for one in FIELDS]
)
def test_fields__role_by_role__only_those_may_ask(
    section: str, name: str, path: str, value: Any, allowed: tuple[str, ...]
) -> None:
    wish = services.with_fields([name], {keys_of(path): value}, section=section)

    taken = tuple(role for role in EVERYBODY if ask(person(role, role, "web"), wish))

    assert taken == allowed


@pytest.mark.parametrize(
    ("section", "name", "item", "allowed"), ITEMS, ids=[f"{one[0]} {one[1]} {bool(one[2])}" for one in ITEMS]
)
def test_items__added_or_removed_role_by_role__only_those_may_ask(
    section: str, name: str, item: dict[str, Any] | None, allowed: tuple[str, ...]
) -> None:
    if section != "streams":
        wish = services.with_item(section, name, item)
    else:
        wish = services.with_document({"streams": {name: item}}) if item else services.without_streams([name])

    taken = tuple(role for role in EVERYBODY if ask(person(role, role, "web"), wish))

    assert taken == allowed


@pytest.mark.parametrize("role", EVERYBODY)
def test_defaults__role_by_role__engineers_alone_may_ask(role: str) -> None:
    assert ask(person(role, role, "web"), services.with_defaults({"canary_events_enabled": False})) == (role in ENGINEERS)


def test_refusal__names_every_place() -> None:
    editor = person("ed", "editor", "web")
    wish = services.with_fields([OWN], {"schema_title": "a", "sample.rate": 0.1, "topics": ["b"]})

    with pytest.raises(ForbiddenFieldError) as caught:
        services.propose(wish, by=editor, title="Try")

    assert [one.place for one in caught.value.places] == ["streams ui.click schema_title", "streams ui.click topics"]
    assert caught.value.pointer == "/streams/ui.click/schema_title"


def test_edit__of_a_request_in_review__may_not_bring_in_what_its_author_may_not_ask_for() -> None:
    editor = person("ed", "editor", "web")
    outcome = services.propose(services.with_rates([OWN], 0.25), by=editor, title="Less")
    assert outcome is not None
    forbidden = services.changes_of(services.with_fields([OWN], {"schema_title": "a"}))

    with pytest.raises(ForbiddenFieldError):
        requests.edit(outcome.request.pk, by=editor, seen=1, title="Less", reason="", changes=forbidden, effective_at=None)


def test_whole_map__about_with_a_sensitivity_in_it__is_refused() -> None:
    """A map that comes as a whole is judged by what is in it."""
    configuring.configure({"streams": {"bare": {"schema_title": "a"}}})
    editor = person("ed", "editor", "web")

    assert ask(editor, services.with_fields(["bare"], {"about": {"description": "A"}}))
    assert not ask(editor, services.with_fields(["bare"], {"about": {"description": "A", "sensitivity": "public"}}))


def test_may_edit__for_forms__says_the_same() -> None:
    assert may_edit("streams", ("sample", "rate"), Level.EDITOR)
    assert not may_edit("streams", ("sample", "rate"), Level.EDITOR, is_own=False)
    assert not may_edit("streams", ("schema_title",), Level.EDITOR)
    assert may_edit("streams", ("schema_title",), Level.ENGINEER)
    assert not may_edit("policies", ("by",), Level.ENGINEER)
    assert may_edit("policies", ("by",), Level.ADMINISTRATOR)
    assert not may_edit("instruments", ("title",), Level.VIEWER)
