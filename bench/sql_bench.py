"""What a question over the log costs: `python bench/sql_bench.py [memory] [postgres] [kafka] [--events N]`.

Events of `page/change` with a text that makes them 1 KB. Memory is the peak of the engine's process; CPU of the asking process
stands beside the clock, since it is a server's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
import yaml

from bench.log_bench import SERVERS
from eventplatform import env
from eventplatform.broker import open_log
from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord
from eventplatform.core.streams import Stream

_SCHEMA = env.ROOT / "examples/schemas/primary/jsonschema/page/change/1.1.0"  # self-contained
_STREAM = Stream("page.change", "page/change", "main", ("page.change",))
_CALL = 500
QUESTIONS = {
    "count": "select count(*) from events",
    "by domain and second": "select date_trunc('second', _timestamp), meta.domain, count(*) from events group by all",
    "percentile of a nested number": "select quantile_cont(page.page_id, 0.95) from events where not performer.is_bot",
    "each id again": "select count(*) from events a where not exists (select 1 from events b where b.meta.id = a.meta.id)",
    "the whole event as JSON": "select count(*) from events where _event->>'$.comment' like '%spring%'",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("logs", nargs="*", default=["memory", "postgres"])
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    wanted = arguments.parse_args()
    env.use_settings()
    django.setup()
    from django.conf import settings

    settings.SQL_MAX_RECORDS, settings.SQL_MAX_MB, settings.SQL_READ_SECONDS = wanted.events, 1024, 60
    for name in wanted.logs:
        with SERVERS[name]() as (url, _pids):
            log = open_log(url)
            fill(log, wanted.events)
            measure(name, log, wanted.rounds)
            log.close()


def fill(log: Log, events: int) -> None:
    """Events of the schema's example, each with an id of its own."""
    log.create_topic(_STREAM.topics[0], partitions=2)
    example = document()["examples"][0]
    producer = log.producer(timeout_seconds=60)
    for begin in range(0, events, _CALL):
        producer.produce([_record(example, number) for number in range(begin, begin + _CALL)], lambda _: None)
        if begin % (_CALL * 20) == 0:
            producer.flush(60)
    assert producer.flush(60) == 0  # noqa: S101  # half a log would measure something else
    producer.close()


def measure(name: str, log: Log, rounds: int) -> None:
    from monitoring.realtime.asking import Question, ask

    config: Any = config_of()
    heads = ("whole s", "read s", "answer s", "asker CPU", "engine CPU", "peak MB", "records")
    print(f"\n{name:32} {'':8}", *(f"{head:>10}" for head in heads))
    for title, sql in QUESTIONS.items():
        for may_see in (True, False):
            found = []
            for _ in range(rounds):
                begun, spent = time.monotonic(), time.process_time()
                answer = ask(Question(sql, (_STREAM.name,), minutes=60), log, config, may_see=may_see)
                whole, used = time.monotonic() - begun, time.process_time() - spent
                cost = (used, answer.cpu_seconds, answer.peak_mb, answer.reading.records)
                found.append((whole, answer.reading.seconds, answer.seconds, *cost))
            middle = [statistics.median(column) for column in zip(*found, strict=True)]
            seen = "" if may_see else "masked"
            print(f"{title:32} {seen:8}", *(f"{one:10.2f}" for one in middle))


def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_SCHEMA.read_text())
    return found


def config_of() -> SimpleNamespace:
    """As much of a snapshot as a question needs."""
    compiled = SimpleNamespace(document=document())
    schemas = SimpleNamespace(latest=lambda _: compiled, ids=lambda _: ("/page/change/1.1.0",))
    return SimpleNamespace(streams={_STREAM.name: _STREAM}, schemas=schemas, find_schema=lambda _: compiled)


def _record(example: dict[str, Any], number: int) -> NewRecord:
    meta = {**example["meta"], "id": f"{number:032x}", "domain": f"{number % 7}.example.org"}
    page = {**example["page"], "page_id": number}
    event = {**example, "meta": meta, "page": page, "comment": "spring is here " * 35}
    return NewRecord(_STREAM.topics[0], json.dumps(event).encode(), str(number).encode())


if __name__ == "__main__":
    main()
