"""Every program that a page or the API shows is run as it stands, and its event is found in the log."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
import yaml
from playwright.sync_api import Browser, Page

from eventplatform import env
from registry.snippets import programs
from tests.e2e.log_reading import Arrivals
from tests.e2e.platform import Platform, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

CLIENTS = env.ROOT / "clients"
# Of each form: the name of its file, and what runs that. Of the API's names, those that differ from language-way.
RUNNERS: dict[tuple[str, str], tuple[str, list[str]]] = {
    ("curl", "http"): ("send.sh", ["bash"]),
    ("node", "http"): ("send.js", ["node"]),
    ("python", "http"): ("send.py", [sys.executable]),
    ("php", "http"): ("send.php", ["php"]),
    ("node", "client"): ("send.mjs", ["node"]),
    ("python", "client"): ("send.py", [sys.executable]),
}
API_NAMES = {("curl", "http"): "curl", ("node", "http"): "js", ("php", "http"): "php"}


@pytest.fixture(scope="module")
def streams(platform: Platform) -> list[str]:
    """The sample's streams, but those of errors, which the platform itself writes, and those that others have made."""
    sample = yaml.safe_load((env.ROOT / "examples/streams.yaml").read_text())["streams"]
    found = httpx.get(f"{platform.url}/api/v1/streams", timeout=10).json()["results"]
    return [one["name"] for one in found if one["name"] in sample and one["schema_title"] != "eventplatform/error"]


@pytest.fixture(scope="module")
def arrivals(platform: Platform) -> Iterator[Arrivals]:
    with Arrivals(platform) as arriving:
        yield arriving


class Machine:
    """An empty folder of somebody who has the clients and nothing of the platform."""

    def __init__(self, folder: Path, service_missing: Callable[[str], NoReturn]) -> None:
        self.folder = folder
        self._missing = service_missing
        packages = folder / "node_modules" / "@eventplatform"
        packages.mkdir(parents=True)
        (packages / "client").symlink_to(CLIENTS / "javascript")

    def run(self, form: tuple[str, str], text: str) -> str:
        """What a program prints."""
        name, command = RUNNERS[form]
        if shutil.which(command[0]) is None:
            self._missing(f"there is no {command[0]}")
        (self.folder / name).write_text(text, encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(CLIENTS / "python")}
        options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 30}
        done = subprocess.run([*command, name], check=False, cwd=self.folder, env=environment, **options)
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return str(done.stdout)


@pytest.fixture
def machine(tmp_path: Path, service_missing: Callable[[str], NoReturn]) -> Machine:
    return Machine(tmp_path, service_missing)


class Shown(HTMLParser):
    """The text of the first code in the card `produce`, as the button copies it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._is_inside = False
        self._lines: list[str] = []
        self._is_done = False
        self.feed(page.partition('id="produce"')[2])
        self.text = "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the base's signature
        self._is_inside = self._is_inside or (tag == "pre" and not self._is_done)
        if self._is_inside and tag == "span":
            self._lines.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_done = self._is_done or (tag == "pre" and self._is_inside)
        self._is_inside = self._is_inside and not self._is_done

    def handle_data(self, data: str) -> None:
        if self._is_inside and self._lines:
            self._lines[-1] += data


def shown(platform: Platform, stream: str, form: tuple[str, str]) -> str:
    address = f"{platform.url}/streams/{stream}?tab=produce&lang={form[0]}&with={form[1]}"
    return Shown(httpx.get(address, timeout=10).raise_for_status().text).text


@pytest.mark.parametrize("form", RUNNERS, ids="-".join)
def test_streams_program__run_as_it_stands__event_is_in_the_log(
    platform: Platform, streams: list[str], arrivals: Arrivals, machine: Machine, form: tuple[str, str]
) -> None:
    before = {stream: len(arrivals.of(stream)) for stream in streams}

    said = [machine.run(form, shown(platform, stream, form)) for stream in streams]

    if form[1] == "http":
        assert all("201" in one for one in said), said

    def missing() -> list[str]:
        return [stream for stream in streams if len(arrivals.of(stream)) != before[stream] + 1]

    wait_until(lambda: not missing(), 10, lambda: f"{form}: {missing()} {platform.errors()}")


@pytest.mark.parametrize("form", [one for one in RUNNERS if one != ("node", "client")], ids="-".join)
def test_schemas_program__of_every_version__says_that_or_the_newest(
    platform: Platform, streams: list[str], arrivals: Arrivals, machine: Machine, form: tuple[str, str]
) -> None:
    api = f"{platform.url}/api/v1"
    titles = {httpx.get(f"{api}/streams/{stream}").json()["schema_title"] for stream in streams}
    versions = [f"{title}/{one}" for title in titles for one in httpx.get(f"{api}/schemas/{title}").json()["versions"]]
    arrivals.read().clear()

    for version in versions:
        name = API_NAMES.get(form, "-".join(form))
        answer = httpx.get(f"{api}/schemas/{version}/code/{name}", timeout=10).raise_for_status()
        machine.run(form, answer.text)

    newest = {title: f"/{title}/{httpx.get(f'{api}/schemas/{title}').json()['latest']}" for title in titles}
    sent = sorted(f"/{one}" if form[1] == "http" else newest[one.rpartition("/")[0]] for one in versions)

    def came() -> list[str]:
        return sorted(one["$schema"] for one in arrivals.read())

    wait_until(lambda: came() == sent, 10, lambda: f"{came()} {platform.errors()}")


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """A page of the sample's English site, in a browser that may reach this machine from there."""
    context = browser.new_context(permissions=["local-network-access"])
    yield context.new_page()
    context.close()


def open_page(reader: Page, body: str, name: str) -> None:
    """Look at a page with that body, forced in where the sample would leave it out."""
    text = f'<!doctype html><meta charset="utf-8">{body}'
    reader.route(f"https://en.example.org/{name}", lambda route: route.fulfill(body=text, content_type="text/html"))
    reader.goto(f"https://en.example.org/{name}#eventplatform-force=navigation-clicks")


def test_browsers_program__in_a_page_of_somebody__event_is_in_the_log(
    platform: Platform, reader: Page, streams: list[str], arrivals: Arrivals
) -> None:
    for stream in streams:
        before = len(arrivals.of(stream))

        open_page(reader, shown(platform, stream, ("js", "client")), stream)

        wait_until(partial(has_more, arrivals, stream, before), 10, lambda: f"{arrivals.events[-2:]} {platform.errors()}")


def has_more(arrivals: Arrivals, stream: str, before: int) -> bool:
    return len(arrivals.of(stream)) == before + 1


HOSTILE = "'\"$HOME `id` ${x} {$x} \\ </script><!-- ?> <?php \r\n\t\x85\u2028\u2029\u202e é 😀 __proto__ %s {{7*7}}"


def hostile(platform: Platform, form: tuple[str, str]) -> tuple[dict[str, Any], str]:
    event: dict[str, Any] = {
        "$schema": "/sample/test_event/1.1.0",
        "meta": {"stream": "test.event"},
        "test": HOSTILE,
        "test_map": {HOSTILE[:60]: "", "__proto__": "x", "0": "a", "1": "b"},
    }
    intake = f"http://127.0.0.1:{platform.port + 1}/v1/events"
    found = programs.snippets(event, programs.Target(platform.url, intake, "test.event"))
    return event, next(one.text for one in found if (one.name, one.way) == form)


def arrived(arrivals: Arrivals, sent: dict[str, Any]) -> bool:
    return any(all(one.get(key) == sent[key] for key in ("test", "test_map")) for one in arrivals.of("test.event"))


@pytest.mark.parametrize("form", RUNNERS, ids="-".join)
def test_hostile_texts__run_as_they_stand__arrive_whole(
    platform: Platform, arrivals: Arrivals, machine: Machine, form: tuple[str, str]
) -> None:
    event, text = hostile(platform, form)
    arrivals.read().clear()

    machine.run(form, text)

    wait_until(lambda: arrived(arrivals, event), 10, lambda: f"{arrivals.events} {platform.errors()}")


def test_hostile_texts__in_a_page__arrive_whole(platform: Platform, reader: Page, arrivals: Arrivals) -> None:
    event, text = hostile(platform, ("js", "client"))
    arrivals.read().clear()

    open_page(reader, text, "hostile")

    wait_until(lambda: arrived(arrivals, event), 10, lambda: f"{arrivals.events} {platform.errors()}")
