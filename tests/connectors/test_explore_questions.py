"""Questions, the SQL that they become, and what is drawn: pure."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from connectors.explore.answers import Answer, Part
from connectors.explore.columns import Column, offered
from connectors.explore.drawing import draw
from connectors.explore.queries import Builder, DruidDialect, PostgresDialect
from connectors.explore.questions import MOST_SLOTS, Question, QuestionError, read
from connectors.explore.sources import DruidSource
from connectors.explore.superset import archive
from connectors.mapping.columns import ColumnType
from connectors.sinks import druid

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TEXT = Column("page__title", ColumnType.TEXT, ("page", "title"))
NUMBER = Column("count", ColumnType.INTEGER, ("count",))
YES = Column("ok", ColumnType.BOOLEAN, ("ok",))
COLUMNS = (TEXT, NUMBER, YES)
HOSTILE = "x'); DROP TABLE events; --"


def ask(asked: dict[str, str] | None = None, *filters: tuple[str, str, str]) -> Question:
    lists = {name: [one[index] for one in filters] for index, name in enumerate("cov")}
    return read(asked or {}, lists, COLUMNS, NOW)


def built(question: Question) -> Builder:
    return Builder(PostgresDialect(), ("events", "page_change"), question)


def test_read__nothing_asked__events_of_the_last_day() -> None:
    question = ask()

    assert (question.measure, question.begin, question.grain_seconds) == ("events", NOW - timedelta(days=1), 3600)
    assert len(question.slots) == 24


@pytest.mark.parametrize(
    ("asked", "filters"),
    [
        ({"measure": "median"}, ()),
        ({"measure": "sum"}, ()),
        ({"measure": "sum", "of": "page__title"}, ()),
        ({"measure": "sum", "of": HOSTILE}, ()),
        ({"split": "no_such"}, ()),
        ({"range": "2y"}, ()),
        ({"from": "yesterday"}, ()),
        ({"from": "2026-11-25", "to": "2026-11-24"}, ()),
        ({"from": "1026-11-25"}, ()),
        ({"grain": "second"}, ()),
        ({"grain": "minute", "range": "90d"}, ()),
        ({}, (("no_such", "is", "1"),)),
        ({}, (("count", "is", "many"),)),
        ({}, (("count", "is", "nan"),)),
        ({}, (("count", "contains", "1"),)),
        ({}, (("count", "like", "1"),)),
        ({}, (("page__title", "between", "1..2"),)),
        ({}, (("count", "between", ".."),)),
        ({}, (("ok", "is", "maybe"),)),
        ({}, (("page__title", "is", "x" * 501),)),
        ({}, (("page__title", "is", "x"),) * 9),
    ],
)
def test_read__what_can_not_be__said_in_words(asked: dict[str, str], filters: tuple[tuple[str, str, str], ...]) -> None:
    with pytest.raises(QuestionError):
        ask(asked, *filters)


@pytest.mark.parametrize("span", ["1h", "6h", "24h", "7d", "30d", "90d"])
def test_read__any_range__bounded_intervals(span: str) -> None:
    assert 1 < len(ask({"range": span}).slots) <= MOST_SLOTS


def test_read__ten_years__bounded_intervals() -> None:
    assert len(ask({"from": "2016-11-26T00:00", "to": "2026-11-25T00:00"}).slots) <= MOST_SLOTS


@pytest.mark.parametrize("dialect", [PostgresDialect(), DruidDialect()])
def test_queries__whatever_a_person_wrote__is_a_parameter(dialect: Any) -> None:
    question = ask({"split": "page__title", "measure": "sum", "of": "count"}, ("page__title", "contains", HOSTILE))
    builder = Builder(dialect, ('ev"ents', "page_change"), question)

    for query in (builder.top(), builder.series(["a", None, HOSTILE]), builder.totals([HOSTILE])):
        assert HOSTILE not in query.text
        assert HOSTILE in query.parameters
        assert '"ev""ents"."page_change"' in query.text
        assert re.search(r"LIMIT \d+$", query.text)
        assert query.text.count(dialect.placeholder) == len(query.parameters)


def test_queries__percent_in_a_name__no_placeholder() -> None:
    builder = Builder(PostgresDialect(), ("ev%s", "t"), ask())

    assert '"ev%%s"' in builder.totals(["events"]).text


def test_queries__not_equal__keeps_rows_without_a_value() -> None:
    query = built(ask({}, ("count", "is_not", "5"))).totals(["events"])

    assert '("count" <> %s OR "count" IS NULL)' in query.text
    assert query.parameters[-1] == 5.0


def test_queries__range__open_on_either_side() -> None:
    both = built(ask({}, ("count", "between", "1..10"))).totals(["x"])
    low = built(ask({}, ("count", "between", "1.."))).totals(["x"])

    assert both.parameters[2:] == (1.0, 10.0)
    assert low.parameters[2:] == (1.0,)


def test_offered__json_and_fields_of_people__not_offered() -> None:
    document = {"properties": {"user": {"type": "object", "properties": {"mail": {"type": "string", "x-pii": "id"}}}}}
    columns = [
        TEXT,
        Column("labels", ColumnType.JSON, ("labels",)),
        Column("user__mail", ColumnType.TEXT, ("user", "mail")),
        Column("http__client_ip", ColumnType.TEXT, ("http", "client_ip")),
    ]

    assert offered(columns, [document], may_see_people=False) == (TEXT,)
    assert len(offered(columns, [document], may_see_people=True)) == 3


def test_offered__inside_a_marked_object__not_offered() -> None:
    document = {"properties": {"user": {"type": "object", "x-pii": "id", "properties": {"age": {"type": "integer"}}}}}

    assert offered([Column("user__age", ColumnType.INTEGER, ("user", "age"))], [document], may_see_people=False) == ()


def answer(*totals: float, rest: bool = False, asked: dict[str, str] | None = None) -> Answer:
    question = ask({"split": "page__title", **(asked or {})})
    width = len(question.slots)
    parts = [Part(f"p{number}", total, (total / width,) * width) for number, total in enumerate(totals)]
    if rest:
        parts.append(Part("all others", 1.0, (0.0,) * width, is_rest=True))
    return Answer(question, question.slots, tuple(parts))


def test_draw__counts__stacked_with_the_small_ones_together() -> None:
    drawing = draw(answer(50, 20, 10, 8, 6, 4, 2, rest=True))

    assert [shape.css for shape in drawing.chart.shapes] == ["bar", "bar c2", "bar c3", "bar c4", "bar c5"]
    assert [line.colour for line in drawing.lines] == ["", "c2", "c3", "c4", "c5", "c5", "c5", "c5"]
    assert sum(line.share or 0 for line in drawing.lines) == pytest.approx(100)


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6])
def test_draw__any_number_of_parts__each_in_the_table(count: int) -> None:
    drawing = draw(answer(*range(count, 0, -1)))

    assert [line.part.name for line in drawing.lines] == [f"p{number}" for number in range(count)]


def test_draw__averages__lines_that_are_not_summed() -> None:
    drawing = draw(answer(5, 4, 3, 2, 1, 1, 1, asked={"measure": "avg", "of": "count"}))

    assert [shape.css for shape in drawing.chart.shapes if shape.css.startswith("line")] == [
        "line",
        "line c2",
        "line c3",
        "line c4",
        "line c5",
    ]
    assert [line.colour for line in drawing.lines[5:]] == [None, None]


def unpacked(place: str, kind: str = "postgres", table: tuple[str, ...] = ("events", "page_change")) -> dict[str, Any]:
    packed = archive(
        stream="page.change", kind=kind, place=place, table=table, time_column="_timestamp", columns=COLUMNS, at=NOW
    )
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        return {name: yaml.safe_load(opened.read(name)) for name in opened.namelist()}


# The keys that Superset's ImportV1DatasetSchema and its parts know; others it refuses.
_DATASET = {
    *("table_name", "main_dttm_col", "description", "default_endpoint", "offset", "cache_timeout", "schema", "sql", "params"),
    *("template_params", "filter_select_enabled", "fetch_values_predicate", "extra", "uuid", "columns", "metrics", "version"),
    "database_uuid",
}
_COLUMN = {
    *("column_name", "verbose_name", "is_dttm", "is_active", "type", "groupby", "filterable", "expression", "description"),
    "python_date_format",
}
_METRIC = {
    *("metric_name", "verbose_name", "metric_type", "expression", "description", "d3format", "extra", "warning_text"),
}


def test_superset__archive__has_the_documented_shape() -> None:
    files = unpacked("postgresql://writer@db.example.org:5432/events")

    roots = {name.partition("/")[0] for name in files}
    assert len(roots) == 1
    inner = {name.partition("/")[2]: content for name, content in files.items()}
    assert inner["metadata.yaml"] == {"version": "1.0.0", "type": "SqlaTable", "timestamp": "2026-11-25T12:00:00+00:00"}
    (database,) = (content for name, content in inner.items() if name.startswith("databases/"))
    (dataset,) = (content for name, content in inner.items() if name.startswith("datasets/"))
    assert set(dataset) == _DATASET
    assert all(set(column) == _COLUMN for column in dataset["columns"])
    assert all(set(metric) == _METRIC for metric in dataset["metrics"])
    assert dataset["database_uuid"] == database["uuid"]
    assert (dataset["schema"], dataset["table_name"], dataset["main_dttm_col"]) == ("events", "page_change", "_timestamp")
    assert dataset["main_dttm_col"] in {column["column_name"] for column in dataset["columns"] if column["is_dttm"]}
    assert database["sqlalchemy_uri"] == "postgresql://writer@db.example.org:5432/events"


@pytest.mark.parametrize(
    ("place", "uri"),
    [
        ("host=/run/db user=p@x dbname=events password=planted", "postgresql://p%40x@/events?host=%2Frun%2Fdb"),
        ("host=db port=5433 user=w dbname=events password=planted connect_timeout=5", "postgresql://w@db:5433/events"),
        ("host=::1 dbname=events", "postgresql://[::1]/events"),
    ],
)
def test_superset__words_of_libpq__become_a_url_without_password(place: str, uri: str) -> None:
    files = unpacked(place)

    (database,) = (content for name, content in files.items() if "/databases/" in name)
    assert database["sqlalchemy_uri"] == uri
    assert "planted" not in str(files)


@pytest.mark.parametrize("place", ["postgresql://writer:planted@db/events", "postgresql://writer@db/events?password=planted"])
def test_superset__password_in_the_url__is_not_exported(place: str) -> None:
    assert "planted" not in str(unpacked(place))


def test_superset__same_table__same_ids() -> None:
    assert unpacked("postgresql://db/events") == unpacked("postgresql://db/events")


def test_superset__druid__its_own_dialect_and_schema() -> None:
    files = unpacked("druid://broker:8082/druid/v2/sql/", "druid", ("page.change",))

    (dataset,) = (content for name, content in files.items() if "/datasets/" in name)
    assert (dataset["schema"], dataset["table_name"]) == ("druid", "page.change")


def test_druid__column_that_no_schema_names__not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [("__time", "TIMESTAMP"), ("_topic", "VARCHAR"), ("count", "BIGINT"), ("written_to", "VARCHAR")]
    monkeypatch.setattr(DruidSource, "rows", lambda *_: held)
    documents = {"/a/1.0.0": {"properties": {"count": {"type": "integer"}}}}

    with closing(DruidSource("s", documents, druid.Target("https://druid.example.org"), druid.Options())) as source:
        found = source.columns()

    assert [one.name for one in found] == ["_topic", "count"]
