"""The pytest plugin: the fixture `event_door`, its settings in the ini file, the mark `event_streams` of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventclient.testing.errors import DoorError


class NoSchemasError(DoorError):
    """The plugin doesn't know where schemas are."""

    remedy = "Set event_schemas in the pytest section of pyproject.toml to the folder of the schema repository."


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings."""
    parser.addini(
        "event_schemas", "folders of schemas for the fixture event_door, relative to the ini file", type="paths", default=[]
    )
    parser.addini("event_streams", "a line for each stream: name = schema title", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """The mark."""
    config.addinivalue_line("markers", "event_streams(name=title, **streams): the streams of this test's event_door")


@pytest.fixture
def event_door(request: pytest.FixtureRequest) -> Iterator[object]:
    """An open `eventclient.testing.EventDoor` for one test."""
    from eventclient.testing.door import EventDoor  # the validator is loaded by tests that ask for a door, and no others
    from eventclient.testing.schemas import SchemaFolder

    folders = [Path(one) for one in request.config.getini("event_schemas")]
    if not folders:
        raise NoSchemasError("The fixture event_door has no schemas.")
    if next(SchemaFolder(*folders).ids(), None) is None:
        raise NoSchemasError(f"No <title>/<version>.yaml is in {', '.join(map(str, folders))}.")
    streams = dict(_line(one) for one in request.config.getini("event_streams"))
    for mark in reversed(list(request.node.iter_markers("event_streams"))):
        streams |= {**(mark.args[0] if mark.args else {}), **mark.kwargs}
    with EventDoor(folders, streams or None) as door:
        yield door


def _line(text: str) -> tuple[str, str]:
    name, _, title = text.partition("=")
    if not title.strip():
        raise NoSchemasError(f"The line {text} of event_streams is no `name = title`.")
    return name.strip(), title.strip()
