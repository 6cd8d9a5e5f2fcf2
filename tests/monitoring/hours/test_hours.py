"""Hours over a log in memory: noted, judged, shown, asked for by schedulers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from connectors.lookups import PartitionView
from eventplatform import panels
from eventplatform.broker.base import partitions_of
from monitoring import canaries, of_streams, services
from monitoring.hours import lookups, troubles, weighing
from monitoring.hours.judging import HOUR, Verdict
from monitoring.hours.models import LogHour, StoreHour
from monitoring.hours.noting import hour_of, note
from monitoring.hours.services import NewVerdict, forget, record_verdicts
from monitoring.models import CanaryRun, CanaryTick, CanaryTurn
from tests.monitoring.world import WAREHOUSE, World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Ten past: the hour before is over, and had its time."""
    moment = hour_of(datetime.now(UTC)) + timedelta(minutes=10)
    for module in ("noting", "weighing", "lookups", "troubles", "pages"):
        monkeypatch.setattr(f"monitoring.hours.{module}.timezone.now", lambda: moment)
    return moment


def watch(stream: str, since: datetime) -> None:
    CanaryTurn.objects.create(stream=stream, since=since, service="main")


def produce(world: World, stream: str, at: datetime, *, canary: bool = False) -> None:
    world.produce(stream, {"meta": {"id": "x"}}, timestamp_ms=int(at.timestamp() * 1000), key=b"one")
    if canary:
        CanaryRun.objects.create(
            stream=stream, event_id=f"{stream}{at:%H%M%S}", topic=stream, sent_at=at, recorded_at=at, status=201
        )


def read_by(world: World, *, behind: int = 0) -> None:
    """The warehouse reads every topic, and stands so many records before its end."""
    ends = world.log.end_offsets(partitions_of(world.log.topics(list(world.config.streams))))
    world.connectors = (
        replace(
            WAREHOUSE,
            partitions=tuple(
                PartitionView(
                    stream=where.topic,
                    topic=where.topic,
                    partition=where.partition,
                    state="idle",
                    state_since=datetime(2026, 1, 1, tzinfo=UTC),
                    next_offset=max(end - behind, 0),
                    end_offset=end,
                    lag_records=behind,
                    lag_seconds=None,
                    owner="",
                    attempts=0,
                    not_before=None,
                    error_code="",
                    last_error="",
                    failed_at=None,
                )
                for where, end in ends.items()
            ),
        ),
    )


def states(stream: str) -> dict[datetime, str]:
    return dict(StoreHour.objects.filter(stream=stream).values_list("hour", "state"))


def test_tick__events_canaries_and_nothing__each_hour_by_what_came(world: World, now: datetime) -> None:
    this = hour_of(now)
    hours = [this - number * HOUR for number in (3, 2, 1)]
    watch("test.event", hours[0])
    produce(world, "test.event", hours[0] + timedelta(minutes=5))
    produce(world, "test.event", hours[1] + timedelta(minutes=5), canary=True)
    read_by(world)

    assert weighing.tick(world.log) == 3

    assert states("test.event") == {hours[0]: "complete", hours[1]: "empty", hours[2]: "late"}
    assert "not even a canary" in StoreHour.objects.get(hour=hours[2]).reason


def test_tick__store_catches_up__complete_once_and_for_all(world: World, now: datetime) -> None:
    hour = hour_of(now) - HOUR
    watch("test.event", hour)
    produce(world, "test.event", hour + timedelta(minutes=5))
    read_by(world, behind=1)
    weighing.tick(world.log)
    before = StoreHour.objects.get()
    read_by(world)

    weighing.tick(world.log)
    read_by(world, behind=1)  # as after a restored backup
    again = weighing.tick(world.log)

    after = StoreHour.objects.get()
    assert (before.state, "1 records" in before.reason) == ("late", True)
    assert (after.state, after.complete_at is not None, after.events) == ("complete", True, 1)
    assert again == 0


def test_tick__hours_before_canaries_were_first_sent__are_not_judged(world: World, now: datetime) -> None:
    watch("test.event", now - timedelta(minutes=70))

    weighing.tick(world.log)

    assert set(states("test.event")) == {hour_of(now - timedelta(minutes=70)) + number * HOUR for number in range(2)} - {
        hour_of(now)
    }


def test_tick__canaries_began_within_the_hour_and_nothing_came__unknown_not_red(world: World, now: datetime) -> None:
    watch("test.event", hour_of(now) - timedelta(minutes=5))
    read_by(world)

    weighing.tick(world.log)

    assert set(states("test.event").values()) == {"unknown"}


def test_tick__no_connector__judged_by_its_topics_alone(world: World, now: datetime) -> None:
    hour = hour_of(now) - HOUR
    world.connectors = ()
    watch("test.event", hour)
    produce(world, "test.event", hour + timedelta(minutes=5), canary=True)

    weighing.tick(world.log)

    assert list(StoreHour.objects.values_list("connector", "state")) == [("", "empty")]


def test_note__twice__keeps_the_first_bounds(world: World, now: datetime) -> None:
    hour = hour_of(now) - HOUR
    watch("test.event", hour)
    produce(world, "test.event", hour + timedelta(minutes=5))

    first, second = note(world.log), note(world.log)

    assert (first, second) == (1, 0)
    assert sum(end - begin for begin, end in LogHour.objects.values_list("begin", "end")) == 1


def test_lake__flag_not_raised__open_until_it_is(world: World, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = hour_of(now) - HOUR
    watch("test.event", hour)
    produce(world, "test.event", hour + timedelta(minutes=5))
    read_by(world)
    raised: set[datetime] = set()
    monkeypatch.setattr("connectors.lookups.lake_names", lambda: frozenset({"warehouse-main"}))
    monkeypatch.setattr("connectors.lookups.complete_hours", lambda *_: frozenset(raised))

    weighing.tick(world.log)
    before = states("test.event")[hour]
    raised.add(hour)
    weighing.tick(world.log)

    assert (before, states("test.event")[hour]) == ("open", "complete")


def kept(stream: str, hour: datetime, state: str, connector: str = "warehouse-main") -> None:
    verdict = Verdict(state, "because <b>", 5)  # type: ignore[arg-type]  # one of the states
    record_verdicts(verdicts=[NewVerdict(stream, connector, hour, verdict)], now=datetime.now(UTC))


def test_troubles__late_hours__one_line_per_store_with_its_streams(world: World, now: datetime) -> None:
    hour = hour_of(now) - HOUR
    for stream in ("a", "b"):
        kept(stream, hour, "late")

    found = troubles.troubles()

    assert [(one.kind, one.subject, one.level) for one in found] == [("traffic.hour_incomplete", "warehouse-main", "warn")]
    assert "of a, b is not complete in warehouse-main" in found[0].what
    assert found[0].began_at == hour + HOUR


def test_troubles__connector_tells_itself_or_nobody_sends_canaries__no_line(world: World, now: datetime) -> None:
    kept("a", hour_of(now) - HOUR, "late")
    world.connectors = (replace(WAREHOUSE, last_error="disk full"),)

    told = troubles.troubles()
    world.connectors = (WAREHOUSE,)
    long_ago = now - timedelta(days=1)
    CanaryTick.objects.create(name="send", began_at=long_ago, until=long_ago, finished_at=long_ago)

    assert told == troubles.troubles() == []


def test_page__250_streams__worst_first_paged_filtered_and_escaped(client: Client, world: World, now: datetime) -> None:
    for number in range(30):
        world.add(f"s{number:03}")
    kept("s029", hour_of(now) - HOUR, "late")

    page = client.get("/hours").content.decode()
    second, only = client.get("/hours?page=2").content.decode(), client.get("/hours?show=late&q=s0&store=warehouse-main")

    assert page.index("s029") < page.index("s000")
    assert page.count('class="hours" role="img"') == 25
    assert "s024" not in page
    assert "s025" in second
    assert only.content.decode().count('class="hours" role="img"') == 1
    assert "because &lt;b&gt;" in page


def test_completeness__for_schedulers__state_of_each_store(client: Client, world: World, now: datetime) -> None:
    hour = hour_of(now) - HOUR
    kept("test.event", hour, "complete")

    answer = client.get("/api/v1/completeness", {"stream": "test.event", "hour": f"{hour:%Y-%m-%dT%H:30Z}"})
    current = client.get("/api/v1/completeness", {"stream": "test.event", "hour": now.isoformat()}).json()

    body = answer.json()
    assert (answer.status_code, body["complete"], body["state"]) == (200, True, "complete")
    assert body["hour"] == f"{hour:%Y-%m-%dT%H}:00:00Z"
    assert [(one["store"], one["events"]) for one in body["stores"]] == [("warehouse-main", 5)]
    assert (current["complete"], current["state"]) == (False, "open")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"stream": "test.event", "hour": "noon"}, 400, "completeness.bad_hour"),
        ({"stream": "test.event"}, 400, "completeness.bad_hour"),
        ({"stream": "nobody", "hour": "2026-01-02T07:00Z"}, 404, "completeness.unknown"),
        ({"stream": "test.event", "hour": "2026-01-02T07:00Z", "store": "x"}, 404, "completeness.unknown"),
    ],
)
def test_completeness__bad_question__code_and_remedy(
    client: Client, world: World, query: dict[str, str], status: int, code: str
) -> None:
    answer = client.get("/api/v1/completeness", query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]


def test_completeness__login_needed__stranger_is_refused(client: Client, settings: object, world: World) -> None:
    settings.PAGES_NEED_LOGIN = True  # type: ignore[attr-defined]  # pytest-django's settings

    assert client.get("/api/v1/completeness?stream=test.event&hour=2026-01-02T07:00Z").status_code in {401, 403}


def test_stream_panel__its_hours__with_the_button_for_those_who_may(world: World, now: datetime) -> None:
    kept("test.event", hour_of(now) - HOUR, "late")
    for number, for_hour in enumerate((None, hour_of(now) - HOUR)):
        CanaryRun.objects.create(
            stream="test.event", prefix="codfw.", event_id=f"{number}", topic="t", sent_at=now, for_hour=for_hour
        )

    found = next(context for panel, context in panels.rendered("stream", "test.event") if panel.name == "monitoring.hours")

    assert [line.told for line in found["lines"]] == [
        f"0 of the last 24 hours complete; not complete: {hour_of(now) - HOUR:%H}:00"
    ]
    assert len(found["hours"]) == 24


def test_send__past_hour__by_permission_and_only_hours_that_are_over(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, datetime | None]] = []

    def send_canary(name: str, for_hour: datetime | None = None) -> of_streams.Sent:
        sent.append((name, for_hour))
        return of_streams.Sent(is_accepted=True, status=201)

    monkeypatch.setattr(of_streams, "send_canary", send_canary)
    user = User.objects.create_user("ada")
    client.force_login(user)
    past, future = "2026-01-02T07:00", "2999-01-01T00:00"

    without = client.post("/hours/canary", {"stream": "test.event", "hour": past})
    user.user_permissions.add(Permission.objects.get(codename="change_stream", content_type__app_label="streamconfig"))
    for hour in (future, "x", past):
        client.post("/hours/canary", {"stream": "test.event", "hour": hour, "next": "//evil.example"})

    assert without.status_code == 302
    assert sent == [("test.event", datetime(2026, 1, 2, 7, tzinfo=UTC))]


def test_forget__old_hours__are_gone(world: World) -> None:
    old = datetime(2026, 1, 2, 7, tzinfo=UTC)
    kept("a", old, "complete")
    LogHour.objects.create(topic="a", partition=0, hour=old, begin=0, end=1)

    assert forget(before=old + HOUR) == 2


def test_command__dry_run_and_bad_hours__say_what_they_would_do(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("monitoring.management.commands.send_canaries.fresh_snapshot", lambda: world.config)
    monkeypatch.setattr(type(world.config), "find_stream", lambda self, name: self.streams.get(name), raising=False)
    world.add("bare", schema_title="bare")

    call_command("send_canaries", "--dry-run")

    told = capsys.readouterr().out
    assert "bare: left out. Its schema has no example" in told
    assert "test.event: would go to test.event through http://" in told
    assert not CanaryRun.objects.exists()
    for hour in ("noon", "2999-01-01T00:00Z"):
        with pytest.raises(CommandError, match="--hour"):
            call_command("send_canaries", "--hour", hour)


def test_command__one_is_refused__all_are_tried_and_it_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from contextlib import contextmanager

    @contextmanager
    def opened():  # type: ignore[no-untyped-def]  # noqa: ANN202  # a context manager of a tuple
        yield (world.intake(),)

    monkeypatch.setattr("monitoring.management.commands.send_canaries.fresh_snapshot", lambda: world.config)
    monkeypatch.setattr("monitoring.management.commands.send_canaries.event_log", lambda: world.log)
    monkeypatch.setattr(canaries, "opened_intakes", opened)
    world.add("other")
    world.status = 207

    with pytest.raises(CommandError, match="2 of 2"):
        call_command("send_canaries", "--hour", "2026-01-02T07:00Z")

    assert {event["dt"] for event in world.posted} == {"2026-01-02T07:00:00.000Z"}
    assert capsys.readouterr().out.count("not taken") == 2
    assert services.begin_tick(name="send", now=datetime.now(UTC), lasts=HOUR)  # a command holds up no tick


class Counting:
    count = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204  # Django's signature
        self.count += 1
        return execute(sql, params, many, context)


def test_queries__of_the_page_and_the_tick__do_not_grow_with_streams(world: World, now: datetime) -> None:
    for number in range(50):
        world.add(f"s{number:03}")
        watch(f"s{number:03}", hour_of(now) - 3 * HOUR)

    with connection.execute_wrapper(counting := Counting()):
        weighing.judge_all()
        tick, counting.count = counting.count, 0
        lookups.rows([(one.stream, one.connector) for one in lookups.counts()[:25]])

    assert StoreHour.objects.count() == 3 * 51
    assert tick <= 9
    assert counting.count <= 2
