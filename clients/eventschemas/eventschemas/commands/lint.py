"""`eventschemas lint`: the whole repository by the guidelines; with `--registry` also what a live registry would say of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eventplatform.core.errors import RejectedError
from eventschemas import live, locating, versions
from eventschemas.history import History, is_commit
from eventschemas.located import Located
from eventschemas.reports import FORMS
from eventschemas.workspace import Workspace
from registry.guidelines import Finding, config, repository
from registry.guidelines.listing import Listing
from registry.guidelines.waiver_rules import UNREASONED

TOKEN = "EVENTSCHEMAS_TOKEN"  # noqa: S105  # the name of a variable
_ENDINGS = (".yaml", ".json", "")


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("titles", nargs="*", help="as page/view; none: all")
    arguments.add_argument(
        "--since", metavar="COMMIT", help="tell of files that changed since then; versions published then must not change"
    )
    arguments.add_argument("--format", choices=FORMS, default="text")
    arguments.add_argument("--output", type=Path, help="the file to write the report to")
    arguments.add_argument("--profile", choices=("strict", "compatible"), help="instead of the configuration's")
    arguments.add_argument("--registry", metavar="URL", help=f"ask a live registry too; its token is taken from {TOKEN}")
    arguments.add_argument("--repository", metavar="NAME", default="primary", help="its name in that registry")


def run(options: argparse.Namespace) -> int:
    """Write the report; 1 where an error is not waived."""
    workspace = Workspace.at(Path(options.root), profile=options.profile)
    history = History(workspace.root)
    since = options.since if is_commit(options.since) else None
    wanted = _wanted(workspace, history, options.titles, since)
    listing = Listing.of_folder(workspace.root / workspace.schema_folder)
    report = repository.check(
        listing,
        workspace.configuration,
        today=datetime.now(tz=UTC).date(),
        load=workspace.find_elsewhere,
        is_wanted=wanted,
        published=_published(workspace, history, since),
    )
    results = list(_of_files(workspace, report))
    if not options.titles and since is None:
        results += _of_settings(workspace, report)
    if options.registry:
        results += live.ask(options.registry, options.repository, _texts(workspace, listing), os.environ.get(TOKEN, ""))
    text = FORMS[options.format](results, [workspace.shown(path) for path in sorted(listing.texts) if wanted(path)])
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return int(any(result.is_failure for result in results))


def _wanted(workspace: Workspace, history: History, titles: Sequence[str], since: str | None) -> Callable[[str], bool]:
    """Of which files (by paths below the folder of schemas) findings are asked for."""
    names = {title.strip("/") for title in titles}
    changed = None if since is None else history.changed_since(since)

    def wanted(path: str) -> bool:
        is_named = not names or path.rpartition("/")[0] in names
        return is_named and (changed is None or workspace.shown(path) in changed)

    return wanted


def _published(workspace: Workspace, history: History, since: str | None) -> repository.Load | None:
    """Answers what an id meant at a commit; None where no commit is named."""
    if since is None:
        return None
    there = history.files_at(since)

    def published(schema_id: str) -> Mapping[str, Any] | None:
        for ending in _ENDINGS:
            path = workspace.shown(f"{schema_id.strip('/')}{ending}")
            if path in there:
                try:
                    return versions.read(history.text_at(since, path), path)
                except RejectedError:
                    return None  # it was no schema; nobody can rely on it
        return None

    return published


def _of_files(workspace: Workspace, report: repository.Report) -> Iterator[Located]:
    for path, findings in report.files.items():
        for finding in findings:
            yield _located(workspace, workspace.shown(path), finding)
    for problem in workspace.found.problems:
        yield Located(problem.path, problem.line, "error", problem.code, problem.message, problem.remedy)


def _of_settings(workspace: Workspace, report: repository.Report) -> Iterator[Located]:
    """What is to be said of waivers and settings; only a look at everything can say which are unused."""
    for finding in report.settings:
        yield _located(workspace, config.REFERENCE_FILE if finding.code == UNREASONED.code else config.OWN_FILE, finding)
    yield from (Located(config.REFERENCE_FILE, 1, "note", "CONFIG", note) for note in report.notes)


def _located(workspace: Workspace, path: str, finding: Finding) -> Located:
    waived = ""
    if finding.waived is not None:
        end = f", until {finding.waived.ends_on}" if finding.waived.ends_on else ""
        waived = f"{finding.waived.reason or finding.waived.rule}{end}"
    line = locating.line_of(workspace, path, finding.pointer)
    return Located(path, line, finding.level, finding.code, finding.message, finding.remedy, finding.pointer, waived)


def _texts(workspace: Workspace, listing: Listing) -> dict[str, str]:
    return {workspace.shown(path): text for path, text in listing.texts.items()}
