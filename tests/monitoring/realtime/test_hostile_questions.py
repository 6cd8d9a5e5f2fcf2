from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eventplatform.core.errors import PlatformError
from monitoring.realtime import errors
from monitoring.realtime.asking import Answer

pytestmark = pytest.mark.slow
Answered = Callable[..., Answer]
BOUNDED = (errors.TooSlowError, errors.TooLargeError, errors.QuestionFailedError)


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from range(1000000000) a, range(1000000000) b",
        "with recursive t as (select 1 as n union all select n + 1 from t) select count(*) from t",
        "select count(*) from range(1000000000000) t(n) where n % 7 = 3",
        "select levenshtein(repeat('a', 200000), repeat('b', 200000))",
        "select list(n) from range(1000000000) t(n)",
        "select string_agg(repeat('x', 100000), '') from range(1000000)",
        "select repeat('x', 4000000000)",
        "select repeat('x', 300000000)",
        "select repeat('x', 1000000000000)",
        "select * from range(1000000000) order by 1 desc",
        "select range(1000000000)",
        "select count(distinct hash(n)) from range(300000000) t(n)",
    ],
)
def test_ask__question_without_end__ended_in_time(answer: Answered, sql: str) -> None:
    begun = time.monotonic()

    with pytest.raises(BOUNDED):
        answer(sql, within=1)

    assert time.monotonic() - begun < 30  # of itself it would take hours; a busy machine takes some seconds to stop it


def test_ask__regex_that_backtracks_elsewhere__is_linear_here(answer: Answered) -> None:
    assert answer("select regexp_matches(repeat('a', 20000), '(a+)+$b')").rows == [[False]]


@pytest.mark.parametrize(
    "sql",
    [
        "from read_text('/etc/passwd')",
        "from '/etc/passwd'",
        "from 'https://example.org/x.csv'",
        "from '*.csv'",
        'with "/etc/passwd" as (select 1) from \'/etc/passwd\', (from "/etc/passwd.csv")',
        "copy (select 1) to '/tmp/realtime-sql-was-here'",
        "select getenv('HOME')",
        "select 1 /* ; */; select 2",
        "from sql",
        "from asked",
        "from database",
    ],
)
def test_ask__host_or_process__out_of_reach(answer: Answered, sql: str) -> None:
    with pytest.raises(PlatformError):
        answer(sql)

    assert not Path("/tmp/realtime-sql-was-here").exists()


def test_ask__wide_cells__cut(answer: Answered) -> None:
    rows = answer("select repeat('x', 100000), range(100000)").rows

    assert max(len(str(value)) for value in rows[0]) <= 4001


def test_ask__comment_that_holds_a_semicolon__is_a_comment(answer: Answered) -> None:
    assert answer("select 1 -- ; drop table x\n").rows == [[1]]
