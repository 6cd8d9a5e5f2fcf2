"""The last words of a start."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from eventplatform.run.welcome import curl, welcome


def test_curl__one_line__that_a_shell_reads_as_meant() -> None:
    line = curl(8000)

    words = shlex.split(line)
    assert "\n" not in line
    assert "http://127.0.0.1:8001/v1/events" in words
    assert json.loads(words[-1]) == {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event"}, "test": "hello"}


def test_welcome__demo__names_users_pages_and_places(tmp_path: Path) -> None:
    (tmp_path / "demo-users.json").write_text('{"editor": "a-password"}')

    text = welcome(tmp_path, 9000, is_embedded=True)

    for word in (
        "http://127.0.0.1:9000/admin/",
        "http://127.0.0.1:9001/v1/events",
        "http://127.0.0.1:9002/v2/ui",
        "a-password",
        "table events.test_event",
        "events/",
    ):
        assert word in text
