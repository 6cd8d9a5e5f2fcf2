"""The page says what runs: its programs compile, the names that they import exist, and every count is explained."""

from __future__ import annotations

import ast
import importlib
import re

import pytest

import eventclient.consuming
from eventclient.consuming.stats import Stats
from eventplatform import env

PAGE = (env.ROOT / "docs/how-to/consume-events.md").read_text()


def test_programs__of_the_page__import_what_is_there() -> None:
    programs = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    imports = [node for program in programs for node in ast.walk(ast.parse(program)) if isinstance(node, ast.ImportFrom)]

    assert len(programs) == 3
    for node in imports:
        module = importlib.import_module(str(node.module))
        assert all(hasattr(module, one.name) for one in node.names)


def test_counts__each__stands_on_the_page() -> None:
    assert [name for name in Stats().as_dict() if f"`{name}`" not in PAGE] == []


def test_names__of_the_package__all_there() -> None:
    assert sorted(eventclient.consuming._HOME) == eventclient.consuming.__all__
    assert all(getattr(eventclient.consuming, name) for name in eventclient.consuming.__all__)


def test_names__driver_is_missing__says_which_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name.replace("eventclient.consuming.kafka", "confluent_kafka"))

    monkeypatch.setattr("eventclient.consuming.importlib.import_module", missing)

    with pytest.raises(ImportError, match=r"eventplatform-client\[kafka\]"):
        _ = eventclient.consuming.KafkaSource
