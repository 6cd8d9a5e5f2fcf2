"""`make bench-sinks`: what a record costs on its way from Kafka into a store, beside the raw driver's best bulk write.

Ours is a slice's own loop with its delivery and the real sink, with the sink's defaults. The floor reads with the same reader,
parses with the same parser, and hands batches of the same size to the raw driver: no offsets, no types, no dead letters.
Both run in this one process over the same topic, in turn; figures are medians. CPU is this process's own (librdkafka's threads
included); the store's stands beside it. With `--profile` one round of ours is profiled instead.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import gc
import os
import platform
import pstats
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import sinks_workload as workload  # the project's root is on the path first
from bench.servers import CannotStartError, event_log
from bench.sinks_raw import Raw
from bench.sinks_stores import STORES, Store
from connectors.delivery import Delivery, Source
from connectors.sinks.base import Sink
from connectors.steering import Steering
from eventplatform.broker import loop, open_log
from eventplatform.broker.base import Log
from eventplatform.broker.dead_letters import DeadLetter

_READ = 500


@dataclass(frozen=True)
class Figure:
    """One round of one way."""

    cpu_us: float
    server_us: float
    records_per_second: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(STORES), default=list(STORES))
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)  # as a worker does; it counts for both ways
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(event_log("kafka"))
        except CannotStartError as reason:
            sys.exit(f"NOT MEASURED: {reason}")
        log = stack.enter_context(open_log(url))
        size = workload.fill(log, options.records)
        print(
            f"Workload: {options.records} page-change events, {size:,.0f} bytes of JSON and 33 columns each, in one partition "
            f"of a real Kafka; {options.rounds} alternated rounds after one to warm up, medians.\n"
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}.\n"
        )
        if not options.profile:
            print("| store | way | CPU µs/record | server's | records/s | of the floor's rate | by CPU |")
            print("|---|---|--:|--:|--:|--:|--:|")
        for name in options.only:
            try:
                with _store(name) as store:
                    profile(log, store, options.records) if options.profile else compare(name, log, store, options)
            except CannotStartError as reason:
                print(f"{name}: NOT MEASURED: {reason}")


@contextlib.contextmanager
def _store(name: str) -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="ep-", ignore_cleanup_errors=True) as folder:
        store = STORES[name](Path(folder))
        with store.running():
            yield store


def compare(name: str, log: Log, store: Store, options: argparse.Namespace) -> None:
    """Ours and every raw way, alternated; the quickest raw way is the floor."""
    found: dict[str, list[Figure]] = defaultdict(list)
    for number in range(options.rounds + 1):
        for way, figure in _round(log, store, options.records):
            if number:
                found[way].append(figure)
    ours = _median(found.pop("ours"))
    raw = {way: _median(figures) for way, figures in found.items()}
    floor = min(raw, key=lambda way: raw[way].cpu_us)
    share, by_cpu = ours.records_per_second / raw[floor].records_per_second, raw[floor].cpu_us / ours.cpu_us
    print(f"| {name} | **ours** | {_row(ours)} | {share:.2f} | {by_cpu:.2f} |")
    for way, figure in raw.items():
        print(f"| | {way}{' (the floor)' if way == floor else ''} | {_row(figure)} | | |")
    sys.stdout.flush()


def _round(log: Log, store: Store, count: int) -> Iterator[tuple[str, Figure]]:
    with store.sink() as sink:
        if sink.needs_schema:
            sink.prepare(workload.STREAM, workload.SCHEMA_ID, workload.DOCUMENT, store.steering)
        rule = sink.flush_rule
        yield "ours", _timed(store, count, lambda: deliver(log, sink, store.steering, count))
    for make in store.raws():
        with contextlib.closing(make()) as raw:
            yield raw.title, _timed(store, count, partial(write_raw, log, raw, rule, count))


def deliver(log: Log, sink: Sink, steering: Steering, count: int) -> None:
    """As a slice does, to the end of the partition."""
    source = Source(workload.STREAM, workload.WHERE, "i1", "cluster")
    delivery = Delivery(
        connector="bench",
        sink=sink,
        source=source,
        stored=sink.position(source.where),
        find_schema=lambda _schema_id: workload.Schema(),  # type: ignore[arg-type,return-value]  # only its document is asked for
        set_aside=_nothing_is_refused,
        steering=steering,
    )
    rule = replace(sink.flush_rule, age_seconds=max(sink.flush_rule.age_seconds, 1.0), at_end=True)
    with contextlib.closing(log.reader()) as reader:
        loop.run(reader, source.where, 0, delivery, rule=rule, bounds=loop.Bounds(idle_seconds=0.0))
    if delivery.rows != count:
        sys.exit(f"{delivery.rows} rows instead of {count}")


def write_raw(log: Log, raw: Raw, rule: loop.FlushRule, count: int) -> None:
    """Read, parse and write in batches of the same size."""
    at, values = 0, list[bytes]()
    with contextlib.closing(log.reader()) as reader:
        while at < count:
            batch = reader.read(workload.WHERE, at, max_records=_READ, timeout_seconds=1.0)
            values += [record.value or b"" for record in batch.records]
            at = batch.next_offset
            if len(values) >= rule.rows or at >= count:
                raw.write(values, [orjson.loads(value) for value in values], at - len(values))
                values = []


def profile(log: Log, store: Store, count: int) -> None:
    """Where the time of our round goes, the functions that take most first."""
    with store.sink() as sink:
        profiler = cProfile.Profile()
        profiler.runcall(deliver, log, sink, store.steering, count)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def _timed(store: Store, count: int, work: Callable[[], None]) -> Figure:
    gc.collect()
    server, cpu, wall = store.server_seconds(), time.process_time(), time.monotonic()
    work()
    wall, cpu, server = time.monotonic() - wall, time.process_time() - cpu, store.server_seconds() - server
    return Figure(cpu / count * 1e6, server / count * 1e6, count / wall)


def _median(figures: Sequence[Figure]) -> Figure:
    return Figure(*(statistics.median(getattr(one, name) for one in figures) for name in Figure.__dataclass_fields__))


def _row(figure: Figure) -> str:
    return f"{figure.cpu_us:.1f} | {figure.server_us:.1f} | {figure.records_per_second:,.0f}"


def _nothing_is_refused(letters: Sequence[DeadLetter]) -> None:
    sys.exit(f"refused: {letters[0].message}")


if __name__ == "__main__":
    main()
