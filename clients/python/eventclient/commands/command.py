"""The command `eventclient`: a verb, its arguments, and errors as a sentence with its remedy.

Exit codes: 0, all is well; 1, something was found (an event refused, an instrument not live, types that differ); 2, the
command could not do its work.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from eventclient.commands import check, config, follow, relay, send, types
from eventclient.commands.asking import CommandError
from eventclient.errors import ClientError

DEFAULT_PLATFORM = "http://127.0.0.1:8000"
COULD_NOT = 2
_VERBS: dict[str, tuple[ModuleType, str]] = {
    "send": (send, "send an event, or one of each line of standard input, and say what became of it"),
    "follow": (follow, "print the events of streams as they come"),
    "check": (check, "is an instrument, or a stream, live and correct?"),
    "config": (config, "what the configuration says now to a client"),
    "types": (types, "dataclasses of a schema's events"),
    "relay": (relay, "send the events of a SQLAlchemy outbox"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # whoever reads has enough, as `head` does
        sys.stderr.close()
        return 0
    except (CommandError, ClientError) as error:
        sys.stderr.write(f"eventclient: {error} [{error.code}]\n")
    except OSError as error:
        sys.stderr.write(f"eventclient: {error}\n")
    return COULD_NOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="eventclient", description="Produce, follow and check events.", epilog=_epilog())
    parser.add_argument(
        "--platform",
        "--from",
        default=os.environ.get("EVENTCLIENT_PLATFORM") or DEFAULT_PLATFORM,
        help="the platform's address; otherwise EVENTCLIENT_PLATFORM, otherwise %(default)s",
    )
    parser.set_defaults(token=os.environ.get("EVENTCLIENT_TOKEN", ""), key=os.environ.get("EVENTCLIENT_KEY", ""))
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, (module, words) in _VERBS.items():
        verb = verbs.add_parser(name, help=words, description=module.__doc__)
        verb.add_argument("--platform", "--from", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        module.add(verb)
        verb.set_defaults(run=module.run)
    return parser


def _epilog() -> str:
    return (
        "EVENTCLIENT_TOKEN: a person's token, for what not everybody may read; EVENTCLIENT_KEY: a producer key. "
        "Exit codes: 0 all is well, 1 something was found, 2 the command could not do its work."
    )


if __name__ == "__main__":
    raise SystemExit(main())
