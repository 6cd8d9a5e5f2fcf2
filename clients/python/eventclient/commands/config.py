"""`eventclient config ui.button_click`: what the configuration says now to a client, as JSON."""

from __future__ import annotations

import argparse
import sys

import orjson

from eventclient.commands.asking import CommandError, ask


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("streams", nargs="*", help="streams; none: all of them")
    arguments.add_argument("--instrument", action="append", default=[], help="an instrument, with its stream")
    arguments.add_argument("--site", default="", help="the client's site")


def run(options: argparse.Namespace) -> int:
    """Print it; 1 where something that was asked for is not configured."""
    asked = {"streams": "|".join(options.streams), "instruments": "|".join(options.instrument), "scope": options.site}
    answer = ask(options.platform, "/api/v1/client", {name: value for name, value in asked.items() if value})
    try:
        found = orjson.loads(answer.content)
        known = {*found["streams"], *found["instruments"]}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise CommandError(
            "This is no configuration.", "Is --platform the platform's address?", "platform.unreadable"
        ) from None
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    missing = [name for name in (*options.streams, *options.instrument) if name not in known]
    for name in missing:
        sys.stderr.write(f"eventclient: {name} is not configured: its events are dropped. [unconfigured]\n")
    return 1 if missing else 0
