"""The sample repositories: published files say what their sources say, each event schema has its example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from eventplatform.core.names import version_key
from registry.schema import documents
from registry.schema.compiled import Schema
from registry.schema.fields import fields_of
from registry.schema.materialise import Materialiser, with_numeric_bounds
from registry.schema.repository_files import read_folder

ROOT = Path(settings.BASE_DIR) / "examples/schemas"
FOLDERS = [ROOT / "primary", ROOT / "secondary"]
CONFIGURED = documents.load((ROOT.parent / "streams.yaml").read_text())["streams"]
STREAMS = {stream["schema_title"]: name for name, stream in CONFIGURED.items()}
EVENTS = [
    "client/error",
    "eventplatform/error",
    "page/change",
    "revision/create",
    "sample/test_event",
    "ui/button_click",
    "ui/page_load",
]


def published() -> dict[str, dict[str, Any]]:
    read = (documents.load(file.text) for folder in FOLDERS for file in read_folder(folder).files)
    return {document["$id"]: document for document in read}


def test_current__materialised__is_the_newest_version() -> None:
    versions = published()
    materialiser = Materialiser(versions.get)
    currents = [path for folder in FOLDERS for path in folder.rglob("current.yaml")]

    for path in currents:
        written = documents.load(path.read_text())
        assert with_numeric_bounds(materialiser.materialise(written)) == versions[written["$id"]], path
        newest = max((file.stem for file in path.parent.glob("[0-9]*.yaml")), key=version_key)
        assert written["$id"].endswith(f"/{newest}")

    assert len(currents) == 12


def test_links__each_name__leads_to_its_file() -> None:
    for folder in FOLDERS:
        for path in folder.rglob("current.yaml"):
            versions = sorted((file.stem for file in path.parent.glob("[0-9]*.yaml")), key=version_key)
            targets = {name: f"{name}.yaml" for name in versions} | dict.fromkeys(
                ("latest", "latest.yaml"), f"{versions[-1]}.yaml"
            )
            assert {link.name: str(link.readlink()) for link in path.parent.iterdir() if link.is_symlink()} == targets


def test_secondary__sources__refer_to_primary() -> None:
    assert "$ref: /fragment/sample/common/1.0.0" in (ROOT / "secondary/jsonschema/ui/button_click/current.yaml").read_text()


def test_events__examples__are_valid_and_name_their_stream() -> None:
    events = {i: Schema(document) for i, document in published().items() if not i.startswith("/fragment/")}

    for schema_id, schema in events.items():
        assert schema.examples, schema_id
        for example in schema.examples:
            assert schema.violations(example) == []
            assert example["$schema"] == schema_id
            assert example["meta"]["stream"] == STREAMS[schema.title]
        assert all(schema.declares("meta", name) for name in ("id", "dt", "domain", "request_id", "uri", "stream"))
    assert sorted({schema.title for schema in events.values()}) == EVENTS


def test_fields__each_one__is_described() -> None:
    for document in published().values():
        assert all(field.description for field in fields_of(document)), document["$id"]


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_test_event__minimal__accepted(version: str) -> None:
    event = {"$schema": f"/sample/test_event/{version}", "meta": {"stream": "test.event"}, "test": "hello"}

    assert Schema(published()[f"/sample/test_event/{version}"]).is_valid(event)
