"""The JavaScript client as the web role serves it: types, packing, what caches may keep, and where it isn't built."""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest
from django.test import Client, override_settings

from eventplatform import client_files

SCRIPT = b"var eventplatform = {};\n" * 50


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client that is built, and a script beside its folder."""
    folder = tmp_path / "dist"
    folder.mkdir()
    (tmp_path / "outside.js").write_bytes(b"1\n")
    (folder / "eventplatform.js").write_bytes(SCRIPT)
    (folder / "eventplatform.mjs").write_bytes(b"export {};\n")
    (folder / "eventplatform.d.ts").write_bytes(b"export {};\n")
    (folder / ".secret.js").write_bytes(b"1\n")
    (folder / "notes.txt").write_bytes(b"1\n")
    monkeypatch.setattr(client_files, "FOLDER", folder)
    return folder


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("eventplatform.js", "text/javascript; charset=utf-8"),
        ("eventplatform.mjs", "text/javascript; charset=utf-8"),
        ("eventplatform.d.ts", "application/typescript; charset=utf-8"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_file__asked_for__as_pages_of_any_origin_load_it(client: Client, name: str, kind: str) -> None:
    answer = client.get(f"/client/{name}?v=1.2.3", headers={"origin": "http://localhost:5500"})

    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer


@pytest.mark.usefixtures("folder")
def test_file__known__304__and_packed_for_who_takes_that(client: Client) -> None:
    plain = client.get("/client/eventplatform.js")
    packed = client.get("/client/eventplatform.js", headers={"accept-encoding": "gzip"})
    again = client.get("/client/eventplatform.js", headers={"if-none-match": plain["ETag"]})

    assert (plain.content, gzip.decompress(packed.content)) == (SCRIPT, SCRIPT)
    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "public, max-age=300")
    assert packed["ETag"] != plain["ETag"]
    assert packed["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["gzip;q=0", "*, gzip;q=0", "identity", "br", "not-gzip"])
@pytest.mark.usefixtures("folder")
def test_file__for_who_takes_no_gzip__plain(client: Client, accepted: str) -> None:
    answer = client.get("/client/eventplatform.js", headers={"accept-encoding": accepted})

    assert (answer.content, answer.has_header("Content-Encoding")) == (SCRIPT, False)


def test_file__built_anew__served_at_once(client: Client, folder: Path) -> None:
    before = client.get("/client/eventplatform.js")
    (folder / "eventplatform.js").write_bytes(b"2\n")

    after = client.get("/client/eventplatform.js", headers={"if-none-match": before["ETag"]})

    assert (after.status_code, after.content) == (200, b"2\n")


@pytest.mark.parametrize(
    "name",
    ["nothing.js", ".secret.js", "notes.txt", "../outside.js", "%2e%2e/outside.js", "{outside}/outside.js", "a" * 300],
)
def test_file__not_of_the_client__404_as_a_problem(client: Client, folder: Path, name: str) -> None:
    answer = client.get(f"/client/{name.format(outside=folder.parent)}")

    assert (answer.status_code, answer.json()["code"]) == (404, "client.file_missing")


def test_file__not_built__404_says_what_to_do(client: Client, folder: Path) -> None:
    (folder / "eventplatform.js").unlink()

    answer = client.get("/client/eventplatform.js")

    assert (answer.status_code, answer.json()["code"]) == (404, "client.not_built")
    assert "npm run build" in answer.json()["remedy"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_file__another_method__refused(client: Client, method: str) -> None:
    assert getattr(client, method)("/client/eventplatform.js").status_code == 405


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("folder")
@override_settings(PAGES_NEED_LOGIN=True)
def test_index__of_strangers_too__files_with_their_integrity_and_three_lines(client: Client) -> None:
    digest = base64.b64encode(hashlib.sha384(SCRIPT).digest()).decode()

    shown = client.get("/client/").content.decode()

    assert f"sha384-{digest}" in shown.replace("<wbr>", "")
    assert "http://testserver/client/eventplatform.js" in shown
    assert "secret" not in shown
    assert client.get("/client/eventplatform.js").status_code == 200


@pytest.mark.slow
@pytest.mark.django_db
def test_index__not_built__says_so(client: Client, folder: Path) -> None:
    for path in folder.glob("*.*"):
        path.unlink()

    assert "npm run build" in client.get("/client/").content.decode()
