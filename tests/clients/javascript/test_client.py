"""The JavaScript client: the contract's vectors, a service that meets faults, and what stands in `dist/`."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.clients.javascript.conftest import CLIENT

HERE = Path(__file__).parent
DIST = CLIENT / "dist"
LARGEST = 5_000
PAGE = """
Object.defineProperty(globalThis, "navigator", { value: { onLine: true } });
Object.assign(globalThis, {
  document: { currentScript: { src: "http://127.0.0.1:1/client/eventplatform.js" }, addEventListener() {} },
  location: { hash: "", hostname: "garden.example" },
  addEventListener() {},
});
"""

pytestmark = pytest.mark.slow  # a process of Node each


@pytest.fixture
def in_page(node: Callable[..., str], tmp_path: Path) -> Callable[..., Any]:
    """What a page says that loads these files and runs this text."""

    def run(text: str, *, before: str = "", files: Sequence[str] = ("eventplatform.js",)) -> Any:
        script = tmp_path / "script.mjs"
        folder = json.dumps(f"{DIST}/")
        each = f"for (const name of {json.dumps(files)})"
        loading = f'{each} vm.runInThisContext(readFileSync({folder} + name, "utf8"));'
        heads = (
            'import { readFileSync } from "node:fs";',
            'import { createServer } from "node:http";',
            'import vm from "node:vm";',
        )
        script.write_text("\n".join([*heads, PAGE, before, loading, text]))
        return json.loads(node(script))

    return run


@pytest.mark.parametrize("suite", ["vectors", "service", "device", "mistakes"])
def test_javascript_client__its_own_tests__pass(suite: str, node: Callable[..., str]) -> None:
    said = node("--test", HERE / f"{suite}.test.mjs")

    assert "# fail 0" in said
    assert "# pass 0" not in said


@pytest.mark.parametrize(
    "name", ["eventplatform.mjs", "eventplatform.js", "eventplatform-extras.mjs", "eventplatform-extras.js", "experiments.mjs"]
)
def test_dist__packed__is_small_enough_for_a_page(name: str) -> None:
    size = len(gzip.compress((DIST / name).read_bytes(), 9))

    assert size <= LARGEST


def test_dist__loaded_in_each_way__connects(node: Callable[..., str], tmp_path: Path) -> None:
    script = tmp_path / "ways.mjs"
    script.write_text(
        f"""
        import {{ readFileSync }} from "node:fs";
        import {{ createRequire }} from "node:module";
        import vm from "node:vm";
        const path = (name) => {json.dumps(str(DIST))} + "/" + name;
        const ways = [await import(path("eventplatform-node.mjs")), createRequire(import.meta.url)(path("eventplatform.cjs"))];
        const page = await import(path("eventplatform.mjs")); // it may be loaded anywhere, and used in a page
        {PAGE}
        ways.push(page, vm.runInThisContext(readFileSync(path("eventplatform.js"), "utf8") + ";eventplatform"));
        const config = {{ contract: 1, streams: {{}} }};
        console.log(ways.map((way) => typeof way.connect("http://localhost", {{ config }}).submit + way.version).join());
        """
    )

    said = node(script)

    version = json.loads((CLIENT / "package.json").read_text())["version"]
    assert said.strip() == ",".join([f"function{version}"] * 4)


@pytest.mark.parametrize(("names", "dropped"), [([], {"curation": 2}), (["eventplatform-extras.js"], {"curation": 1})])
def test_script__second_file_that_cannot_be_had_or_is_named__curation_fails_closed_or_is_obeyed(
    names: list[str], dropped: dict[str, int], in_page: Callable[..., Any]
) -> None:
    told = in_page(
        """
        const entry = { service: "main", sample: null, fields: [], curation: { page_id: { equals: 42 } } };
        const config = { contract: 1, streams: { s: entry }, intakes: { main: "http://127.0.0.1:1/v1/events" } };
        let id = 41;
        const client = eventplatform.connect("http://127.0.0.1:1", { config, context: () => ({ page: { id: id++ } }) });
        client.submit("s");
        client.submit("s");
        await client.ready;
        console.log(JSON.stringify(client.stats().dropped));
        await client.close(0);
        """,
        files=["eventplatform.js", *names],
    )

    assert told == dropped


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        ([], {"given": 2, "sent": 1, "left": 0, "waiting": 1, "dropped": {}}),
        (["eventplatform-extras.js"], {"given": 2, "sent": 1, "left": 0, "waiting": 0, "dropped": {"event.invalid": 1}}),
    ],
)
def test_script__answer_that_says_more_than_taken__waits_for_the_file_that_reads_it(
    names: list[str], counts: dict[str, object], in_page: Callable[..., Any]
) -> None:
    told = in_page(
        """
        const results = [{ index: 0, result: "invalid", code: "event.invalid" }];
        const answers = [[201, ""], [400, JSON.stringify({ results })]];
        let asked = 0;
        const door = createServer((request, response) => {
          request.resume().on("end", () => {
            const [status, body] = answers[asked++] || answers[1];
            response.writeHead(status).end(body);
          });
        });
        await new Promise((listening) => door.listen(0, "127.0.0.1", listening));
        const entry = { service: "main", sample: null, fields: [] };
        const intakes = { main: `http://127.0.0.1:${door.address().port}/v1/events` };
        const config = { contract: 1, streams: { s: entry }, intakes };
        const client = eventplatform.connect("http://127.0.0.1:1", { config, linger: 1 });
        client.submit("s");
        await client.flush();
        client.submit("s");
        await client.flush();
        console.log(JSON.stringify(client.stats()));
        await client.close(0);
        door.close();
        door.closeAllConnections();
        """,
        files=["eventplatform.js", *names],
    )

    assert told == counts


def test_script__answer_that_nobody_can_read__holds_up_the_others_of_its_intake_for_minutes_at_most(
    in_page: Callable[..., Any],
) -> None:
    told = in_page(
        """
        const entry = { service: "main", sample: null, fields: [] };
        const config = { contract: 1, streams: { s: entry }, intakes: { main: "http://127.0.0.1:1/v1/events" } };
        const client = eventplatform.connect("http://127.0.0.1:1", { config, linger: 1 });
        client.submit("s");
        while (!(await client.flush())) await new Promise((passed) => wait(passed, 5));
        const took = Date.now() - began;
        console.log(JSON.stringify([asked, client.stats().dropped, took > 60e3 && took < 1200e3]));
        """,
        before="""
        const began = Date.now();
        const wait = globalThis.setTimeout;
        Date.now = () => began + performance.now() * 1000; // a thousand times as fast
        globalThis.setTimeout = (act, milliseconds) => wait(act, milliseconds / 1000);
        console.warn = () => {};
        let asked = 0;
        globalThis.fetch = async () => {
          asked++;
          return new Response(JSON.stringify({ results: [{ index: 0, result: "invalid" }] }), { status: 400 });
        };
        """,
    )

    assert told == [11, {"gave_up": 1}, True]


def test_dist__built_again__has_the_same_bytes(installed: Path) -> None:
    for path in DIST.iterdir():
        assert (installed / "dist" / path.name).read_bytes() == path.read_bytes(), f"npm run build changes {path.name}"


def test_types__sample_of_uses__compiles(installed: Path, node: Callable[..., str]) -> None:
    shutil.copy(HERE / "uses.ts", installed / "uses.ts")

    options = "--noEmit --strict --skipLibCheck --target es2022 --moduleResolution bundler --module esnext --lib es2022,dom"
    node("node_modules/typescript/bin/tsc", *options.split(), "uses.ts", cwd=installed)


def test_package__bundled_with_a_page__each_address_has_its_own_names(installed: Path, node: Callable[..., str]) -> None:
    (installed / "page.mjs").write_text(
        """
        import { version } from "@eventplatform/client";
        import { inPopulation } from "@eventplatform/client/experiments";
        console.log(version.split(".").length, inPopulation("00", 2));
        """
    )
    bundle = 'import { build } from "esbuild"; '
    bundle += 'await build({ entryPoints: ["page.mjs"], bundle: true, format: "esm", outfile: "bundled.mjs" });'
    node("--input-type=module", "--eval", bundle, cwd=installed)

    assert node("bundled.mjs", cwd=installed).split() == ["3", "true"]


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, node: Callable[..., str], service_missing: Callable[[str], NoReturn]
) -> Path:
    """A copy of the package with its tools for development, as `npm ci` brings them, built anew."""
    folder = tmp_path_factory.mktemp("javascript") / "client"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    npm = ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0"]
    done = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        service_missing(f"npm ci failed: {done.stderr.strip()[-300:]}")
    node("build.mjs", cwd=folder)
    return folder
