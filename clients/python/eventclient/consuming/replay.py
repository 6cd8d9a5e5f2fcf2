"""`python -m eventclient.consuming.replay FILE MODULE:FUNCTION`: dead letters of a file to a handler, once it is mended."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from eventclient.consuming.dead_letters import DeadLetter
from eventclient.consuming.decoding import decode
from eventclient.consuming.deliveries import Delivery, Lane
from eventclient.consuming.errors import DeadLettersError, ReplayUnderWayError
from eventclient.consuming.letters_file import FileDeadLetters, files, replay

_SOME_STAY = 1


def replay_events(path: str | Path, handler: Callable[[Any], object], *, stream: str = "") -> tuple[int, int]:
    """As `replay`, for a handler of events; with `stream` those of others stay."""

    def handle(letter: DeadLetter) -> None:
        if stream and letter.stream != stream:
            raise LookupError(letter.stream)
        handler(event_of(letter))

    return replay(path, handle)


def event_of(letter: DeadLetter) -> dict[str, Any]:
    """The event as the consumer's handler had it.

    Raises:
        Park: the bytes are no event.
    """
    lane = Lane(letter.topic)
    place = (letter.stream, letter.topic, letter.partition, letter.offset)
    return decode(Delivery(lane, None, letter.value, *place))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 where some stay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("handler", nargs="?", help="without it the letters are listed")
    parser.add_argument("--stream", default="", help="only of this stream")
    options = parser.parse_args(arguments)
    if not (found := files(options.file)):
        parser.error(f"there is no file {options.file}")
    if not options.handler:
        for letter in (letter for one in found for letter in FileDeadLetters(one).read()):
            place = f"{letter.topic}/{letter.partition}/{letter.offset}"
            sys.stdout.write(f"{letter.at} {letter.stream} {place} {letter.code}: {letter.reason}\n")
        return 0
    sys.path.insert(0, "")
    module, _, name = options.handler.partition(":")
    try:
        handler = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        parser.error(f"{options.handler} is no MODULE:FUNCTION: {error}")
    try:
        handled, stay = replay_events(options.file, handler, stream=options.stream)
    except (DeadLettersError, ReplayUnderWayError) as error:
        parser.error(str(error))
    sys.stdout.write(f"{handled} handled, {stay} stay in {options.file}\n")
    return _SOME_STAY if stay else 0


if __name__ == "__main__":
    sys.exit(main())
