from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from tests.clients.packages import installing
from tests.clients.packages.conftest import Door

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packages")]

ESM = """
import {{ connect }} from "@eventplatform/client";
const events = connect("{url}");
events.submit("test.event", {{ test: "hello" }});
await events.close();
"""
COMMON = """
const { connect } = require("@eventplatform/client");
const events = connect("%s");
events.submit("test.event", { test: "hello" });
events.close();
"""
TYPED = """
import { connect } from "@eventplatform/client";
const events = connect("http://127.0.0.1:1", { consent: true });
events.submit("test.event", { test: "hello" });
events.instrument("navigation-clicks").submit({ button_name: "save" });
// @ts-expect-error: an address is a text
connect(1);
"""
PYTHON = """
from eventclient import connect
events = connect("%s")
events.submit("test.event", {"test": "hello"})
"""


def arrived(door: Door) -> None:
    assert [(one["test"], one["$schema"], one["meta"]["stream"]) for one in door.events] == [
        ("hello", "/sample/test_event/1.1.0", "test.event")
    ]


@pytest.mark.parametrize(("name", "text"), [("a.mjs", ESM.replace("{{", "{").replace("}}", "}")), ("a.cjs", COMMON)])
def test_npm_package__installed_elsewhere__three_lines_send_an_event(node: Path, door: Door, name: str, text: str) -> None:
    (node / name).write_text(text.replace("{url}", door.url).replace("%s", door.url))

    done = installing.run(["node", name], node)

    assert done.returncode == 0, done.stderr
    arrived(door)


def test_npm_package__installed_elsewhere__its_types_are_found(
    built: Mapping[str, Path], tmp_path: Path, service_missing: Callable[[str], NoReturn]
) -> None:
    pinned = json.loads((Path(__file__).resolve().parents[3] / "clients/javascript/package.json").read_text())
    compiler = f"typescript@{pinned['devDependencies']['typescript']}"
    folder = installing.node_folder(tmp_path, built["eventplatform.tgz"], service_missing, compiler)
    (folder / "uses.mts").write_text(TYPED)

    options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]
    shutil.copy(folder / "uses.mts", folder / "uses.cts")
    done = installing.run(["node", "node_modules/typescript/lib/tsc.js", *options, "uses.mts", "uses.cts"], folder)

    assert done.returncode == 0, done.stdout


def test_wheel__in_an_empty_environment__three_lines_send_an_event(python: Path, door: Door, tmp_path: Path) -> None:
    (tmp_path / "send.py").write_text(PYTHON % door.url)

    done = installing.run([str(python), "send.py"], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    arrived(door)


def test_wheel__in_an_empty_environment__brings_nothing_of_the_platform(python: Path, tmp_path: Path) -> None:
    check = (
        "import eventclient as e, sys; print(e.__file__); assert not {'django', 'registry', 'eventplatform'} & {*sys.modules}"
    )

    done = installing.run([str(python), "-c", check], tmp_path)

    assert done.returncode == 0, done.stderr
    assert str(python.parent.parent) in done.stdout
    listed = installing.run([str(python), "-c", "import importlib.metadata as m; print(len([*m.distributions()]))"], tmp_path)
    assert int(listed.stdout) <= 10  # ours, httpx and orjson with what httpx needs


def test_source_distribution__installed__is_the_same_package(
    built: Mapping[str, Path], python: Path, tmp_path: Path, service_missing: Callable[[str], NoReturn]
) -> None:
    fresh = installing.python_of(tmp_path / "venv", str(built["eventplatform_client.gz"]), missing=service_missing)
    files = "import importlib.metadata as m; print(sorted(map(str, m.files('eventplatform-client'))))"

    def names(one: Path) -> list[str]:
        said = installing.run([str(one), "-c", files], tmp_path).stdout
        return [name for name in json.loads(said.replace("'", '"')) if name.startswith("eventclient/") and name.endswith(".py")]

    assert names(fresh) == names(python) != []
