from __future__ import annotations

import duckdb
import orjson
import pytest

from monitoring.realtime import statement
from monitoring.realtime.errors import StatementRefusedError, SyntaxInvalidError


def read(sql: str) -> statement.Statement:
    found = duckdb.execute("select json_serialize_sql(?)", [sql]).fetchone()
    return statement.read(orjson.loads(found[0] if found else ""))


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select 1", ()),
        ('select * from "a.b"', ("a.b",)),
        ('from "a.b" join "c.d" using (id)', ("a.b", "c.d")),
        ('select (select count(*) from "a.b")', ("a.b",)),
        ('select 1 from x where exists (select 1 from "a.b") union all select 2 from z', ("a.b", "x", "z")),
        ('with x as (from "a.b") select * from x', ("a.b",)),
        ("with recursive t as (select 1 as n union all select n + 1 from t) select * from t", ()),
        ('summarize "a.b"', ("a.b",)),
        ('describe "a.b"', ("a.b",)),
        ('select * from "a.b", unnest(tags), range(3)', ("a.b",)),
        ('select count(*) over (order by _offset) from "a.b" using sample 5', ("a.b",)),
        ('select n::decimal(5, 2), list_transform(l, lambda x: x + 1) from "a.b"', ("a.b",)),
    ],
)
def test_read__one_select__its_tables(sql: str, tables: tuple[str, ...]) -> None:
    assert tuple(sorted(read(sql).tables)) == tables


def test_read__table_and_with_of_one_name__told_as_hidden() -> None:
    assert read("with x as (from x) from x").hidden == ("x",)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "select 1; select 2",
        "select 1; drop table x",
        "drop table x",
        "create table x (a int)",
        "insert into x values (1)",
        "update x set a = 1",
        "delete from x",
        "with y as (insert into x values (1) returning *) from y",
        "with y as (delete from x returning *) from y",
        "copy x to '/tmp/x'",
        "attach '/tmp/x'",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "set threads = 8",
        "call pragma_version()",
        "explain analyze select 1",
        "show tables",
        "show all tables",
        "vacuum",
        "checkpoint",
        "prepare q as select 1",
        "begin",
        "from read_csv('/etc/passwd')",
        "from read_text('/etc/passwd')",
        "from read_parquet('s3://x/y')",
        "from glob('/*')",
        "from query('select 1')",
        "from query_table('x')",
        "from duckdb_settings()",
        "from pragma_version()",
        "from pg_catalog.pg_class",
        "from information_schema.tables",
        "from duckdb_tables",
        "from sqlite_master",
        "from duckdb_settings, (with duckdb_settings as (select 1) from duckdb_settings)",
        "select getenv('HOME')",
        "select current_setting('temp_directory')",
        "select version()",
        "select current_database()",
        "select pg_typeof(1)",
        "select json_execute_serialized_sql('{}')",
        "select x /* , */ from (select read_text('/etc/passwd') as x)",
        "from a.b",
        "from a.b.c",
    ],
)
def test_read__anything_else__refused(sql: str) -> None:
    with pytest.raises(StatementRefusedError):
        read(sql)


def test_read__name_without_quotes__says_how_it_is_written() -> None:
    with pytest.raises(StatementRefusedError, match=r'"mediawiki\.page_change"'):
        read("from mediawiki.page_change")


def test_read__no_sql__where_it_breaks() -> None:
    with pytest.raises(SyntaxInvalidError, match='near "selec"'):
        read("selec 1")


@pytest.mark.parametrize(
    ("sql", "wants"), [("select _event from x", True), ("select e._event from x e", True), ("from x", False)]
)
def test_read__whole_event__only_where_named(sql: str, *, wants: bool) -> None:
    assert read(sql).wants_event is wants
