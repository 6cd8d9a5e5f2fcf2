"""A second process that keeps a snapshot, as an intake does.

`follow` tells each snapshot that it sees, `judge` posts events by each and tells answers that no one configuration gives,
`obey` does what it reads; `ask` does so too, without a keeper, as the web role.
"""

from __future__ import annotations

import json
import sys
import time
from http import HTTPStatus
from typing import Any

import django

from eventplatform import env

env.use_settings()
django.setup()

from django.db import connection  # noqa: E402  # needs Django
from django.test import Client  # noqa: E402  # likewise

from eventplatform.broker.memory import MemoryLog  # noqa: E402  # likewise
from eventplatform.guard.request_head import RequestHead  # noqa: E402  # likewise
from intake.service import Intake  # noqa: E402  # likewise
from streamconfig import lookups  # noqa: E402  # likewise
from streamconfig.models import Revision  # noqa: E402  # likewise
from streamconfig.snapshots import SnapshotKeeper  # noqa: E402  # likewise
from tests import configuring  # noqa: E402  # likewise
from tests.streamconfig.following import eventually  # noqa: E402  # likewise


def tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201  # what it is for


def follow() -> None:
    """Until it is killed."""
    seen = ""
    while True:
        snapshot = lookups.snapshot()
        if snapshot.tag != seen:
            seen = snapshot.tag
            tell(revision=snapshot.revision, at=time.time(), rates=rates(), tag=seen)
        time.sleep(0.005)


def judge() -> None:
    """Two streams of which each revision stops exactly one: both or neither is half a configuration."""
    intake = Intake(configuration=lookups.snapshot, producer=MemoryLog().producer())
    events = json.dumps([{"meta": {"stream": name}, "$schema": "/x/1.0.0"} for name in ("left", "right")]).encode()
    head = RequestHead(content_type="application/json", content_length=str(len(events)))
    judged, half, revision, told_at = 0, 0, -1, 0.0
    while True:
        visit = intake.open(head)
        visit.body.feed(events)
        answer = json.loads(intake.submit(visit).body)  # type: ignore[union-attr]  # refused whole: nothing is to be waited for
        codes = sorted(str(one["code"]) for one in answer.get("results", ()))
        judged += 1
        half += codes != ["schema.unknown", "stream.disabled"]
        now = lookups.snapshot().revision
        if now != revision or time.time() - told_at > 1:
            revision, told_at = now, time.time()
            tell(revision=revision, at=told_at, judged=judged, half=half, codes=codes)


def obey() -> None:
    """A word a line: `state`, `api`, or a rate to publish, perhaps with the moment at which its window closes."""
    for line in sys.stdin:
        word = line.strip()
        connection.close_if_unusable_or_obsolete()  # as at the end of every request
        if word == "api":
            answer = Client(HTTP_HOST="localhost").get("/api/v1/streams")
            tell(status=answer.status_code, headers={name.lower(): value for name, value in answer.items()})
        else:
            if word != "state":
                rate, *closes = word.split()
                entry = {"sample": {"unit": "session", "rate": float(rate)}, "windows": [{"until": one} for one in closes]}
                configuring.configure({"streams": {"s": entry}})
                _take_up(Revision.objects.latest("pk").pk)
            tell(revision=lookups.snapshot().revision, age=lookups.age_seconds(), rates=rates(), door=door())


def _take_up(revision: int) -> None:
    """Wait until the keeper, or the next question, has it; that is promised within two seconds."""
    eventually(lambda: lookups.snapshot().revision >= revision, 10)


def door() -> str:
    """What an intake over this configuration says of an event to the stream `s`."""
    intake = Intake(configuration=lookups.snapshot, producer=MemoryLog().producer())
    event = b'{"meta": {"stream": "s"}, "$schema": "/x/1.0.0"}'
    head = RequestHead(content_type="application/json", content_length=str(len(event)))
    visit = intake.open(head)
    visit.body.feed(event)
    answer = intake.submit(visit)
    is_judged = answer.status == HTTPStatus.BAD_REQUEST  # type: ignore[union-attr]  # refused: nothing to wait for
    return "judged" if is_judged else str(answer)


def rates() -> dict[str, Any]:
    """What the API says of each stream's rate."""
    return {name: (one.settings.get("sample") or {}).get("rate") for name, one in lookups.snapshot().streams.items()}


if __name__ == "__main__":
    if sys.argv[1] != "ask":
        SnapshotKeeper().start(wait_seconds=10)
    {"follow": follow, "judge": judge, "obey": obey, "ask": obey}[sys.argv[1]]()
