"""`eventclient send test.event '{"test": "hello"}'`: send an event as a client does, and say what became of it."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from eventclient.commands.asking import CommandError
from eventclient.stats import Dropped

_UNITS = ("pageview", "session", "device")


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("stream")
    arguments.add_argument("event", help="JSON, or - for one event of each line of standard input")
    arguments.add_argument("--id", action="append", default=[], metavar="UNIT=ID", help="an identifier to be judged by")
    arguments.add_argument(
        "--timeout", type=float, default=30.0, help="seconds to wait for the intake, at the end and where it is slow"
    )


def run(options: argparse.Namespace) -> int:
    """Send; 1 where an event was dropped or could not be sent in time."""
    from eventclient.client import connect

    told: list[Dropped] = []
    ids = dict(_identifier(one) for one in options.id)
    client = connect(
        options.platform,
        key=options.key or None,
        ids=ids,
        consent=bool(ids),
        on_dropped=told.append,
        streams=[options.stream],
        when_full="block",
        block_seconds=options.timeout,
    )
    with _failures_told(options.timeout):
        for event in _events(sys.stdin if options.event == "-" else [options.event]):
            if not client.submit(options.stream, event) and client.stats().dropped["full"]:
                break
        is_settled = client.close(options.timeout)
    found = client.stats()
    sys.stdout.write(f"{found.sent} of {found.submitted} sent to {options.stream}.\n")
    for one in told:
        sys.stderr.write(f"eventclient: {_words(one)} [{one.reason}]\n")
    return 0 if is_settled and found.sent == found.submitted else 1


@contextmanager
def _failures_told(seconds: float) -> Iterator[None]:
    """Of what the client logs, failures are said as they come; what was dropped is printed at the end."""
    logger, handler = logging.getLogger("eventclient"), _Failures(seconds)
    level = logger.level
    logger.addHandler(logging.NullHandler())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Failures(logging.Handler):
    """Says once of the platform and once of the intake that it doesn't answer, or answers something else."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._patience = f"tried again for up to {seconds:g} s"
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Who waits for the end should know at once what for."""
        given = record.args if isinstance(record.args, tuple) else ()
        if record.msg.startswith("request.failed "):
            method, host, error = given
            self._say("platform" if method == "GET" else "intake", host, f"does not answer ({error})")
        elif record.msg.startswith("configuration.unread "):
            host, status, _ = given
            self._say("platform", host, f"answers no configuration ({status})")

    def _say(self, who: str, host: object, words: str) -> None:
        if who not in self._said:
            self._said.add(who)
            sys.stderr.write(f"eventclient: The {who} at {host} {words}; {self._patience}. {_ASK[who]} [{who}.no_answer]\n")
            sys.stderr.flush()


_ASK = {"platform": "Is it running, and is --platform its address?", "intake": "Is it running?"}


def _words(dropped: Dropped) -> str:
    place = f" at {dropped.pointer}" if dropped.pointer else ""
    told = f"{dropped.message.rstrip('.')}. {dropped.remedy}" if dropped.message else dropped.remedy
    why = _WHY.get(dropped.reason) or told or "the client contract, §10, lists the reasons."
    return f"dropped{place}: {why}"


_WHY = {
    "unconfigured": "the platform doesn't know the stream; look at its name with `eventclient config`.",
    "unsampled": "its identifier is not in sample; give one with --id, or send to a stream that is not sampled.",
    "consent": "it is sampled by an identifier; give one with --id.",
    "closed": "the stream is off, or outside of its windows.",
    "full": "nobody took those before it in time, and what is behind it was not read; is --platform the platform's address?",
    "gave_up": "nobody took it in time; is --platform the platform's address, and does the intake run?",
}


def _events(lines: Iterable[str]) -> Iterator[Any]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise CommandError(
                f"Line {number} is no JSON: {error.msg}.", "Write one event on each line.", "json.invalid"
            ) from None
        if not isinstance(event, dict):
            raise CommandError(f"Line {number} is no event.", "An event is a JSON object.", "event.not_an_object")
        yield event


def _identifier(text: str) -> tuple[str, str]:
    unit, _, identifier = text.partition("=")
    if unit not in _UNITS or not identifier:
        raise CommandError(f"{text} is no identifier.", "Write --id session=<20 hexadecimal digits>.", "command.argument")
    return unit, identifier
