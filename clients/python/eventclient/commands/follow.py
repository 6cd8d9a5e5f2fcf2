"""`eventclient follow test.event`: print events as they come, one of each line."""

from __future__ import annotations

import argparse
import sys

import orjson

from eventclient.commands.asking import CommandError


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("streams", nargs="+")
    arguments.add_argument("--count", type=int, default=0, help="end after so many; 0: never")
    arguments.add_argument("--canaries", action="store_true", help="synthetic events, too")


def run(options: argparse.Namespace) -> int:
    """Print until it is interrupted."""
    from eventclient.consuming.errors import ConsumerError
    from eventclient.consuming.sse import SseSource
    from eventclient.consuming.subscribing import subscribe

    seen = 0
    try:
        source = SseSource(token=options.token)
        for event in subscribe(*options.streams, platform=options.platform, source=source, canaries=options.canaries):
            sys.stdout.write(orjson.dumps(event).decode() + "\n")
            sys.stdout.flush()
            seen += 1
            if seen == options.count:
                return 0
    except ConsumerError as error:
        raise CommandError(str(error), code=error.code) from None
    return 0
