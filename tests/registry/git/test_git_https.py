"""Over https: credentials reach the host that they are for, and nobody else; redirects lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventplatform.core.errors import PlatformError
from registry.git import addresses, command, tree
from registry.git.addresses import Rules
from registry.git.credentials import Credentials
from registry.git.mirror import Remote, mirrored
from tests.registry import https_origin
from tests.registry.https_origin import HttpsOrigin
from tests.registry.origins import Origin, schema

pytestmark = pytest.mark.slow

SECRET = Credentials(username=https_origin.USER, password=https_origin.PASSWORD)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsOrigin]:
    made = Origin.make(tmp_path / "served/a")
    made.commit({"jsonschema/a/b/1.0.0.yaml": schema("/a/b/1.0.0")})
    with https_origin.serving(tmp_path / "served", tmp_path) as origin:
        trusted = {**command._CONFIG, "http.sslCAInfo": str(origin.certificate)}  # the test's certificate
        monkeypatch.setattr(command, "_CONFIG", trusted)
        yield origin


def pulled(tmp_path: Path, remote: Remote) -> list[str]:
    with mirrored(tmp_path / "mirrors/1.git", remote) as mirror:
        mirror.newest()
        found = tree.read(mirror.git, mirror.fetch(), "jsonschema")
        return [file.path for file in found.files]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def code_of(tmp_path: Path, remote: Remote) -> str:
    with pytest.raises(PlatformError) as caught:
        pulled(tmp_path, remote)
    assert https_origin.PASSWORD not in f"{caught.value} {caught.value.hint}"
    return caught.value.code


def test_https__right_password__pulled(tmp_path: Path, server: HttpsOrigin) -> None:
    assert pulled(tmp_path, Remote(f"{server.url}/a/.git", credentials=SECRET)) == ["a/b/1.0.0.yaml"]
    assert https_origin.PASSWORD not in (tmp_path / "mirrors/1.git/config").read_text()


def test_https__wrong_or_no_password__access_denied(tmp_path: Path, server: HttpsOrigin) -> None:
    wrong = Credentials(username=https_origin.USER, password="guess")

    assert code_of(tmp_path, Remote(f"{server.url}/a/.git", credentials=wrong)) == "repository.access_denied"
    assert code_of(tmp_path, Remote(f"{server.url}/a/.git")) == "repository.access_denied"


def test_https__nothing_there__said_so(tmp_path: Path, server: HttpsOrigin) -> None:
    assert code_of(tmp_path, Remote(f"{server.url}/absent", credentials=SECRET)) == "repository.remote_absent"


def test_https__redirect_to_another_host__not_followed(tmp_path: Path, server: HttpsOrigin) -> None:
    with https_origin.serving(tmp_path / "served", _made(tmp_path / "other")) as other:
        server.redirect_to = other.url

        assert code_of(tmp_path, Remote(f"{server.url}/a/.git", credentials=SECRET)) == "repository.redirected"
        assert other.asked == []


def test_https__unknown_certificate__refused(tmp_path: Path, server: HttpsOrigin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_CONFIG", {**command._CONFIG, "http.sslCAInfo": ""})  # as above

    assert code_of(tmp_path, Remote(f"{server.url}/a/.git", credentials=SECRET)) == "repository.unreachable"
    assert server.asked == []


def test_https__name_server_that_changes_its_mind__git_keeps_to_what_was_checked(
    tmp_path: Path, server: HttpsOrigin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "is_public", lambda _address: True)
    monkeypatch.setattr(addresses.public_addresses, "__defaults__", (lambda _host, _port: ["127.0.0.1"],))
    port = server.url.rpartition(":")[2]
    remote = Remote(f"https://rebinding.invalid:{port}/a/.git", rules=Rules(private_hosts=()), credentials=SECRET)

    with mirrored(tmp_path / "mirrors/1.git", remote) as mirror:
        said = mirror.git.run("ls-remote", "--", remote.url).errors

    # Only the pinned address can have brought it as far as the certificate, which is another host's.
    assert "certificate" in said
    assert "Could not resolve" not in said
