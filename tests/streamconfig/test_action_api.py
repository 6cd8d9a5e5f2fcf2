"""`/w/api.php?action=streamconfigs` through HTTP: answers, limits, errors and headers of the reference, scopes of ours."""

from __future__ import annotations

import gzip
import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from streamconfig import lookups
from streamconfig.change_control import imports, requests
from streamconfig.change_control.actors import of_user
from streamconfig.models import ConfigurationState, Revision
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT
from tests.streamconfig.test_reference import data, keys_in_order

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

API = "/w/api.php"
ERRORS_ARE_PRIVATE = "private, must-revalidate, max-age=0"


def ask(client: Client, **parameters: str) -> Any:
    return client.get(API, {"action": "streamconfigs", **parameters}).json()


def names(client: Client, **parameters: str) -> list[str]:
    return list(ask(client, **parameters)["streams"])


def take_over(document: Any) -> None:
    """Import a file in place of what holds, as the page and the command do."""
    by = configuring.author_named("tests")
    trial = imports.of_file(json.dumps(document).encode(), form="json", by=by, is_complete=True)
    request = requests.propose(by=by, changes=trial.changes, title="Import").request
    while request.is_open:
        outcome = requests.approve(request.pk, by=of_user(configuring.approver(f"approver {uuid4()}")), seen=request.edit)
        request = outcome.request


def test_all__are_in_order_and_merged(client: Client) -> None:
    streams = ask(client, format="json", formatversion="2")["streams"]

    assert list(streams) == ["page.change", "ui.click", "/^job\\..+/"]
    assert streams["page.change"] == {
        "topic_prefixes": None,
        "canary_events_enabled": True,
        "consumers": {"warehouse": {"enabled": True}},
        "schema_title": "page/change",
        "destination_event_service": "main",
        "message_key_fields": {"page_id": "page.page_id"},
        "stream": "page.change",
        "topics": ["page.change"],
    }


def test_vectors__through_http__answer_as_the_reference(client: Client) -> None:
    vectors = data("streamconfigs_vectors.json")
    take_over({"defaults": vectors["defaults"], "streams": vectors["streams"]})

    for query in vectors["queries"]:
        asked = {name: query[name] for name in ("streams", "constraints") if query[name] is not None}
        for answer in (
            client.get(API, {"action": "streamconfigs", **asked}),
            client.post(API, {"action": "streamconfigs", **asked}),
        ):
            streams = json.loads(answer.content)["streams"]

            assert list(streams) == query["result_names"], query
            if query["result"] is not None:
                assert streams == query["result"]
                assert keys_in_order(streams) == keys_in_order(query["result"])


def test_production__through_http__is_the_reference_s_answer_for_metawiki(client: Client) -> None:
    take_over(data("stream-config-production.json"))
    configuring.configure({"sites": {"officewiki": {"tags": ["private"]}}})
    expected = data("streamconfigs-production-metawiki.json")["streams"]

    streams = ask(client, scope="metawiki")["streams"]

    assert streams == expected
    assert keys_in_order(streams) == keys_in_order(expected)
    rates = {
        scope: ask(client, scope=scope, streams="mediawiki.web_ui_actions")["streams"]["mediawiki.web_ui_actions"]["sample"][
            "rate"
        ]
        for scope in ("enwiki", "testwiki", "officewiki", "dewiki")
    }
    assert rates == {"enwiki": 0.01, "testwiki": 1, "officewiki": 0, "dewiki": 0.2}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"streams": ""}, []),
        ({"streams": "ui.click|nobody|page.change|ui.click"}, ["ui.click", "page.change"]),
        ({"streams": "\x1fui.click\x1fpage.change"}, ["ui.click", "page.change"]),
        ({"streams": "job.a"}, ["job.a"]),
        ({"streams": "/^job\\..+/"}, ["/^job\\..+/"]),
        ({"constraints": "destination_event_service=main"}, ["page.change", "/^job\\..+/"]),
        ({"constraints": "destination_event_service=main|destination_event_service=main"}, ["page.change", "/^job\\..+/"]),
        ({"constraints": "destination_event_service=main|canary_events_enabled=true"}, []),
        ({"constraints": "\x1fdestination_event_service=main\x1fschema_title=job"}, ["/^job\\..+/"]),
        ({"constraints": "schema_title=ui%2Fclick"}, ["ui.click"]),
        ({"constraints": "schema_title=ui/click&sample[rate]=0.5"}, ["ui.click"]),
        ({"streams": "job.a|ui.click", "constraints": "canary_events_enabled=1"}, ["job.a", "ui.click"]),
    ],
)
def test_narrowed__answers_names_in_order(client: Client, parameters: dict[str, str], expected: list[str]) -> None:
    assert names(client, **parameters) == expected


def test_posted__parameters_in_body_or_address__are_the_same(client: Client) -> None:
    assert list(client.post(API, {"action": "streamconfigs", "streams": "ui.click"}).json()["streams"]) == ["ui.click"]
    assert list(client.post(f"{API}?action=streamconfigs", {"streams": "ui.click"}).json()["streams"]) == ["ui.click"]


def test_stranger__may_be_cached_for_ten_minutes_without_validators(client: Client) -> None:
    answer = client.get(API, {"action": "streamconfigs"})

    assert answer["Cache-Control"] == "max-age=600, s-maxage=600, public"
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["Vary"] == "Accept-Encoding, Cookie"
    assert answer.has_header("Expires")
    for absent in ("ETag", "Last-Modified", "Access-Control-Allow-Origin", "MediaWiki-API-Error"):
        assert not answer.has_header(absent)


def test_origin__star__lets_other_origins_read_answers_and_errors(client: Client) -> None:
    for action in ("streamconfigs", "query"):
        assert client.get(API, {"action": action, "origin": "*"})["Access-Control-Allow-Origin"] == "*"


def test_user__is_cached_privately(client: Client) -> None:
    client.force_login(User.objects.create_user("ann"))

    answer = client.get(API, {"action": "streamconfigs"})

    assert answer["Cache-Control"] == "private, must-revalidate, max-age=600"
    assert not answer.has_header("Expires")


def test_user__while_the_database_is_away__gets_the_last_answer_privately(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(User.objects.create_user("ann"))
    snapshot = lookups.snapshot()

    def away(*_: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(lookups, "snapshot", lambda: snapshot)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)

    answer = client.get(API, {"action": "streamconfigs"})

    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, must-revalidate, max-age=600")


def test_database_away__last_good_answer__says_how_old_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not client.get(API, {"action": "streamconfigs"}).has_header("X-Config-Age")  # the reference has no such header
    monkeypatch.setattr(lookups, "age_seconds", lambda: 61.5)

    for address, parameters in ((API, {"action": "streamconfigs"}), ("/api/v1/policies", {}), ("/api/v1/findings", {})):
        answer = client.get(address, parameters)

        assert (answer.status_code, answer["X-Config-Age"], answer["Warning"][:4]) == (200, "61", "110 "), address


@pytest.mark.parametrize(
    ("parameters", "code", "info"),
    [
        ({"action": "query"}, "unknown_action", 'Unrecognized value for parameter "action": query.'),
        ({}, "unknown_action", 'Unrecognized value for parameter "action": .'),
        (
            {"action": "streamconfigs", "formatversion": "1"},
            "badvalue",
            'Unrecognized value for parameter "formatversion": 1.',
        ),
        (
            {"action": "streamconfigs", "streams": "|".join(f"s{n}" for n in range(251))},
            "toomanyvalues",
            'Too many values supplied for parameter "streams". The limit is 250.',
        ),
        (
            {"action": "streamconfigs", "constraints": "|".join(f"s{n}" for n in range(51))},
            "toomanyvalues",
            'Too many values supplied for parameter "constraints". The limit is 50.',
        ),
        ({"action": "streamconfigs", "scope": "+x"}, "badvalue", 'Unrecognized value for parameter "scope": +x.'),
    ],
)
def test_mistakes__are_200_with_the_code_in_a_header(client: Client, parameters: dict[str, str], code: str, info: str) -> None:
    answer = client.get(API, parameters)

    assert (answer.status_code, answer["MediaWiki-API-Error"], answer["Cache-Control"]) == (200, code, ERRORS_ARE_PRIVATE)
    assert set(answer.json()) == {"error", "servedby"}
    assert answer.json()["error"] == {
        "code": code,
        "info": info,
        "docref": "See http://testserver/w/api.php for API usage.",
    }


def test_limits__at_them__are_not_too_many(client: Client) -> None:
    assert ask(client, streams="|".join(f"s{n}" for n in range(250))) == {"streams": {}}
    assert names(client, constraints="|".join(["destination_event_service=main"] * 50)) == ["page.change", "/^job\\..+/"]


def test_limits__of_who_may_wire_streams__are_the_high_ones(client: Client) -> None:
    user = User.objects.create_user("eve")
    client.force_login(user)
    many, too_many = ("|".join(f"s{n}" for n in range(count)) for count in (500, 501))
    assert "error" in ask(client, streams=many)

    user.user_permissions.add(Permission.objects.get(codename="wire_stream"))

    assert ask(client, streams=many) == {"streams": {}}
    assert ask(client, streams=too_many)["error"]["info"].endswith("The limit is 500.")


def test_empty_containers__are_printed_as_php_does(client: Client) -> None:
    configuring.configure({"streams": {"s": {"producers": {}, "topics": []}}})

    stream = ask(client, streams="s")["streams"]["s"]

    assert (stream["producers"], stream["topics"]) == ([], [])


def test_all_settings__warns(client: Client) -> None:
    assert "deprecated" in ask(client, all_settings="true")["warnings"]["streamconfigs"]["warnings"]


@pytest.mark.parametrize("text", ["a" + "[b" * 5000 + "=1", "&".join(["a[0]=x"] * 2000), "a[b]=1|" * 40, "%", "[]=&=&&"])
def test_constraints__hostile__answer_quickly(client: Client, text: str) -> None:
    assert client.get(API, {"action": "streamconfigs", "constraints": text}).status_code == 200


def test_constraints__longer_than_any_server_takes__are_refused(client: Client) -> None:
    answer = client.post(API, {"action": "streamconfigs", "constraints": "a[0]=x&" * 100_000})

    assert answer["MediaWiki-API-Error"] == "badvalue"


def test_packed__who_takes_gzip__gets_the_same_in_fewer_bytes(client: Client) -> None:
    plain = client.get(API, {"action": "streamconfigs"})
    packed = client.get(API, {"action": "streamconfigs"}, headers={"Accept-Encoding": "gzip, br"})

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert not plain.has_header("Content-Encoding")


def test_again__same_question__asks_no_database(client: Client) -> None:
    ask(client)

    with CaptureQueriesContext(connection) as queries:
        ask(client)

    assert len(queries) == 0


def test_published__next_answer__says_it(client: Client) -> None:
    assert ask(client, streams="ui.click")["streams"]["ui.click"]["sample"]["rate"] == 0.5

    configuring.switch(["ui.click"], is_enabled=False)

    assert ask(client, streams="ui.click")["streams"]["ui.click"]["sample"]["rate"] == 0


OVERRIDES = {
    "sites": {"enwiki": {"tags": ["wikipedia"], "hosts": ["en.example.org"]}},
    "overrides": {
        "+enwiki": {"streams": {"ui.click": {"sample": {"rate": 0.01}}}},
        "+wikipedia": {"streams": {"ui.click": {"sample": {"rate": 0.2, "unit": "pageview"}}}},
        "elsewhere:+*": {"streams": {"ui.click": {"sample": {"rate": 0.9}}}},
    },
}


def test_scope__site__has_its_overrides_and_those_of_its_tags(client: Client) -> None:
    configuring.configure(OVERRIDES)

    def sample(**parameters: str) -> Any:
        return ask(client, streams="ui.click", **parameters)["streams"]["ui.click"]["sample"]

    assert sample() == {"unit": "session", "rate": 0.5}
    assert sample(scope="enwiki") == {"rate": 0.01, "unit": "pageview"}
    assert sample(scope="x|wikipedia") == {"rate": 0.2, "unit": "pageview"}
    assert sample(scope="unheard-of") == {"unit": "session", "rate": 0.5}


def test_scope__host_of_a_site__is_that_site(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["en.example.org"]
    configuring.configure(OVERRIDES)

    answer = client.get(API, {"action": "streamconfigs", "streams": "ui.click"}, headers={"Host": "en.example.org:80"})

    assert answer.json()["streams"]["ui.click"]["sample"]["rate"] == 0.01


def test_scopes__that_nobody_knows__make_nothing_new(client: Client) -> None:
    configuring.configure(OVERRIDES)
    ask(client)

    for number in range(20):
        ask(client, scope=f"unknown{number}")

    assert lookups.snapshot()._scoped == {}  # what a stranger could fill


def test_bad_entry__breaks_no_other(client: Client) -> None:
    broken = {"schema_title": "bad", "topics": 5}
    row = Revision.objects.get(number=1)
    row.number, row.document_text = 2, json.dumps({**DOCUMENT, "streams": {"bad": broken, **DOCUMENT["streams"]}})
    Revision.objects.bulk_create([row])  # past every check, as an older release may have written it
    ConfigurationState.objects.update(revision=2)

    assert names(client) == ["page.change", "ui.click", "/^job\\..+/"]
