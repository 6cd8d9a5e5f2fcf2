"""The measurements of `registry_bench`, over the database that it made."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

import django

from eventplatform import env

env.use_settings()
django.setup()

import jsonschema_rs  # noqa: E402  # Django is set up first
from django.conf import settings  # noqa: E402  # likewise
from django.core.management import call_command  # noqa: E402  # likewise
from django.test import Client  # noqa: E402  # likewise

from bench import registry_workload as workload  # noqa: E402  # likewise
from registry import lookups, services  # noqa: E402  # likewise
from registry.models import Repository, SchemaTitle, SchemaVersion  # noqa: E402  # likewise
from registry.schema import documents  # noqa: E402  # likewise
from registry.schema.compiled import Schema  # noqa: E402  # likewise
from registry.schema.materialise import Materialiser  # noqa: E402  # likewise
from registry.schema.repository_files import Found  # noqa: E402  # likewise

_LOOPS = 20_000
_PAGES = {
    "catalogue": "/schemas",
    "search for a field": "/schemas?q=performer.user_id",
    "search for two words": "/schemas?q=user+identifier",
    "search without a result": "/schemas?q=nowhere.to.be.found",
    "API list of 100": "/api/v1/schemas",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="registry_bench")
    parser.add_argument("--repositories", type=int, default=100)
    parser.add_argument("--versions", type=int, default=500, help="of each repository")
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)
    print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start.\n")
    print("| what | measured | wanted |\n|---|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        real = workload.real(Path(settings.REFERENCE_DATA_DIR), Path(folder))
    _real_repository(real)
    _validation(real, options.rounds)
    _catalogue(real, 1_000, options.rounds)
    _large_site(real, options)
    _catalogue(real, 10_000, options.rounds)


def _real_repository(real: Found | None) -> None:
    if real is None:
        _row("the reference's repository", "NOT MEASURED: its data is not there (REFERENCE_DATA_DIR)")
        return
    spent = _spent(lambda: _import_whole("real", real))
    _row(f"import, materialise, compile the {len(real.files)} real versions", spent, "≤ 0.4 s")
    copies = [workload.renamed(real, f"copy{number}") for number in range(6)]

    def import_copies() -> None:
        for number, copy in enumerate(copies):
            _import_whole(f"copy{number}", copy)

    spent = _spent(import_copies)
    _row("six copies of them under other titles", spent, "≤ 2 s")


def _import_whole(name: str, found: Found) -> None:
    """Import the versions and compile each; materialise each source, too, as the versions are self-contained already."""
    _import(name, found)
    schemas = lookups.schemas(is_fresh=True)
    ids = [f"/{file.path.rpartition('.')[0]}" for file in found.files]
    if len([schema for schema in map(schemas.get, ids) if schema]) < len(ids) - 1:  # one real file bears another id
        raise AssertionError
    sources = {str(source["$id"]): source for source in map(documents.load, found.currents.values())}
    materialiser = Materialiser(lambda schema_id: _published(schema_id) or sources.get(schema_id))
    for source in sources.values():
        materialiser.materialise(source)


def _published(schema_id: str) -> Mapping[str, Any] | None:
    schema = lookups.schemas().get(schema_id)
    return schema.document if schema else None


def _import(name: str, found: Found) -> None:
    repository, _ = Repository.objects.get_or_create(name=name)
    report = services.import_found(repository=repository, found=found)
    if not report.is_ok:
        raise AssertionError(report.problems[0])


def _validation(real: Found | None, rounds: int) -> None:
    """Both by turns in the same run; the least of each, since everything else on the machine only adds."""
    files = {file.path: file for file in (real.files if real else ())}
    file = files.get("mediawiki/page/change/1.2.0.yaml")
    path = env.ROOT / "examples/schemas/primary/jsonschema/page/change/1.1.0.yaml"
    schema = Schema(documents.load(file.text if file else path.read_text()))
    event = schema.examples[0]
    bare = jsonschema_rs.Draft7Validator(dict(schema.document), validate_formats=True, offline=True)
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(rounds):
        for name, is_valid in (("ours", schema.is_valid), ("bare", bare.is_valid)):
            found[name].append(timeit.timeit(partial(is_valid, event), number=_LOOPS) / _LOOPS * 1e6)
    ours, theirs = min(found["ours"]), min(found["bare"])
    what = f"validate an event of {len(str(event))} characters (bare jsonschema-rs: {theirs:.2f} µs)"
    _row(what, f"{ours:.2f} µs = {ours / theirs:.2f} times", "≤ 1.3 times")


def _catalogue(real: Found | None, titles: int, rounds: int) -> None:
    """Pages at that many titles, which are added first where there are fewer."""
    lacking = titles - SchemaTitle.objects.count()
    if lacking > 0:
        name = f"more{titles}"
        found = workload.large(real, titles, lacking * workload.VERSIONS_OF_A_TITLE)
        few = [file for file in found.files if file.version in {"1.0.0", "1.1.0"}]
        for start in range(0, len(few), 4_000):  # no repository holds more files than its limit
            _import(f"{name}-{start}", Found(tuple(few[start : start + 4_000]), ()))
    print(f"| **{SchemaTitle.objects.count():,} titles, {SchemaVersion.objects.count():,} versions** | | |")
    client = Client(SERVER_NAME="localhost")
    for what, address in _PAGES.items():
        _row(what, f"{_median(partial(_get, client, address), rounds) * 1000:.0f} ms", "≤ 150 ms" if titles == 1_000 else "")


def _get(client: Client, address: str) -> None:
    if client.get(address).status_code != 200:
        raise AssertionError(address)


def _large_site(real: Found | None, options: argparse.Namespace) -> None:
    one = workload.large(real, 0, options.versions)
    size = workload.sizes(one)
    many = f"{options.repositories} times {options.versions} versions of {size['least']:,.0f} to {size['most']:,.0f} characters"

    def import_all() -> None:
        for number in range(options.repositories):
            _import(f"site{number}", workload.large(real, number, options.versions))

    spent = _spent(import_all)
    _row(f"first import of {many}, one process", spent, "≤ 300 s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _row("the importing process at its most", f"{peak:.0f} MB")
    unchanged = workload.large(real, 0, options.versions)
    _row("one of them again, unchanged", f"{_median(lambda: _import('site0', unchanged), 5) * 1000:.0f} ms")
    _follow(real)


def _follow(real: Found | None) -> None:
    """What a process that only reads pays, at its start and for each new revision."""
    command = [sys.executable, "-m", "bench.registry_follower"]
    with subprocess.Popen(command, cwd=env.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as follower:
        if follower.stdin is None or follower.stdout is None:
            raise AssertionError
        told = partial(_ask, follower.stdin, follower.stdout)
        _row("another process reads the set of all versions", told())
        costs = []
        for number in range(5):
            _import(f"news{number}", workload.large(real, 5_000 + number, workload.VERSIONS_OF_A_TITLE))
            costs.append(told())
        _row(
            "… follows a revision of 10 new versions", sorted(costs, key=lambda cost: float(cost.split()[0]))[2], "milliseconds"
        )
        follower.stdin.close()


def _ask(questions: IO[str], answers: IO[str]) -> str:
    """What the follower says of one more look."""
    questions.write("\n")
    questions.flush()
    return answers.readline().strip()


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _spent(work: Callable[[], Any]) -> str:
    """By the clock, and of this process's CPU: on a busy machine the two differ."""
    cpu = time.process_time()
    seconds = _seconds(work)
    return f"{seconds:.2f} s (CPU {time.process_time() - cpu:.2f} s)"


def _median(work: Callable[[], Any], rounds: int) -> float:
    work()  # the first time imports and compiles
    return statistics.median(_seconds(work) for _ in range(rounds))


def _row(what: str, measured: str, wanted: str = "") -> None:
    print(f"| {what} | {measured} | {wanted} |", flush=True)


if __name__ == "__main__":
    main()
