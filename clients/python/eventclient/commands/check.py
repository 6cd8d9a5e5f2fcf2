"""`eventclient check navigation-clicks`: is an instrument live and correct, and what to do next; 1 where it is not live."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from eventclient.commands.asking import CommandError, ask

_SIGNS = {"ok": "ok  ", "fail": "FAIL", "warn": "warn", "info": "..  ", "paused": "off ", "unknown": "?   "}


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("name", help="an instrument's key, or with --stream a stream")
    arguments.add_argument("--stream", action="store_true", help="check a stream")
    arguments.add_argument("--range", default="", help="how far back to look, as the page has it")
    arguments.add_argument("--site", default="", help="the client's site")
    arguments.add_argument("--strict", action="store_true", help="1 also where it is live, and something is wrong")
    arguments.add_argument("--json", action="store_true", help="the platform's whole answer")


def run(options: argparse.Namespace) -> int:
    """Ask, print, and say it as the exit code."""
    name = quote(options.name, safe="")
    path = f"/api/v1/check/stream/{name}" if options.stream else f"/api/v1/instruments/{name}/check"
    query = {key: value for key, value in (("range", options.range), ("site", options.site)) if value}
    try:
        found = ask(options.platform, path, query, token=options.token).json()
    except CommandError as error:
        if error.code != "check.subject_missing":
            raise
        sys.stderr.write(f"eventclient: {error} [{error.code}]\n")
        return 1
    if options.json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines(found)))
    return 0 if found["is_correct" if options.strict else "is_live"] else 1


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The answer for a reader."""
    verdict = found["verdict"]
    yield f"{found['subject']['name']}: {verdict['headline']}."
    for one in found["findings"]:
        yield f"{_SIGNS.get(one['state'], one['state'])} {one['what']}{': ' if one['words'] else ''}{one['words']}"
    for one in found["refused"]:
        place = f"{one['code']} at {one['pointer'] or 'the whole'}"
        yield f"     {one['events']} refused: {place}. {one['message']} {one['remedy']}".rstrip()
    if verdict["next"]:
        yield f"Next: {verdict['next']}"
