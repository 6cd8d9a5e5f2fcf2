"""Fetching from repositories that nobody vouches for: bounded, without a checkout, secrets in no word of git's."""

from __future__ import annotations

import base64
import os
import stat
import time
from pathlib import Path

import pytest

from eventplatform.core.errors import PlatformError
from registry.git import command, said, tree
from registry.git.addresses import Rules, address_of
from registry.git.command import Git, Limits, environment
from registry.git.credentials import Credentials
from registry.git.mirror import Remote, mirrored
from registry.schema.repository_files import Found
from tests.registry.origins import Origin, schema

pytestmark = pytest.mark.slow

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0a2V5\n-----END OPENSSH PRIVATE KEY-----"


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    made = Origin.make(tmp_path / "origin")
    made.commit({"jsonschema/a/b/1.0.0.yaml": schema("/a/b/1.0.0"), "jsonschema/a/b/current.yaml": "c: 1"})
    return made


def pulled(tmp_path: Path, remote: Remote, folder: str = "jsonschema") -> tuple[str, Found]:
    with mirrored(tmp_path / "mirrors/1.git", remote) as mirror:
        commit = mirror.fetch()
        return commit, tree.read(mirror.git, commit, folder)


def _asked_and_fetched(tmp_path: Path, remote: Remote) -> None:
    with mirrored(tmp_path / "mirrors/1.git", remote) as mirror:
        mirror.newest()
        mirror.fetch()


def code_of(tmp_path: Path, remote: Remote) -> str:
    with pytest.raises(PlatformError) as caught:
        _asked_and_fetched(tmp_path, remote)
    assert caught.value.hint
    return caught.value.code


def test_mirror__branch__its_newest_commit_and_files(tmp_path: Path, origin: Origin) -> None:
    origin.git("checkout", "--quiet", "-b", "other")
    other = origin.commit({"jsonschema/a/b/1.1.0.yaml": schema("/a/b/1.1.0"), "jsonschema/a/b/CHANGELOG.md": "new"})
    origin.git("checkout", "--quiet", "main")

    commit, found = pulled(tmp_path, Remote(str(origin.path)))
    other_commit, other_found = pulled(tmp_path, Remote(str(origin.path), "other"))

    assert (commit, [file.path for file in found.files]) == (origin.head, ["a/b/1.0.0.yaml"])
    assert (other_commit, len(other_found.files)) == (other, 2)
    assert (other_found.currents, other_found.changelogs) == ({"a/b": "c: 1"}, {"a/b": "new"})
    assert found.files[0].text == schema("/a/b/1.0.0")


def test_mirror__history_rewritten__the_new_commit_is_there(tmp_path: Path, origin: Origin) -> None:
    pulled(tmp_path, Remote(str(origin.path)))
    origin.git("commit", "--quiet", "--amend", "--message", "rewritten")

    commit, found = pulled(tmp_path, Remote(str(origin.path)))

    assert (commit, len(found.files)) == (origin.head, 1)


def test_mirror__name_that_ends_like_the_branch__is_not_it(tmp_path: Path, origin: Origin) -> None:
    origin.git("update-ref", "refs/a/refs/heads/main", origin.git("commit-tree", "HEAD^{tree}", "-m", "x"))

    with mirrored(tmp_path / "mirrors/1.git", Remote(str(origin.path), "main")) as mirror:
        assert mirror.newest() == origin.head


def test_mirror__submodule_lfs_link_and_odd_names__refused_by_file(tmp_path: Path, origin: Origin) -> None:
    content = {
        "a": [("160000", "commit", b"module", origin.head.encode())],
        "b": [("100644", "blob", b"1.0.0.yaml", b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 1\n")],
        "c": [("120000", "blob", b"latest", b"../../secret.yaml")],
        "d": [("100644", "blob", b"o\ndd\xff", b"x"), ("100644", "blob", b"1.0.0.yaml", b"x: 1")],
    }

    codes = {}
    for name, entries in content.items():
        origin.git("update-ref", f"refs/heads/{name}", origin.commit_tree(*entries))
        found = pulled(tmp_path, Remote(str(origin.path), name), ".")[1]
        codes[name] = [problem.code for problem in found.problems], [file.path for file in found.files]

    assert codes == {
        "a": (["repository.submodule"], []),
        "b": (["repository.lfs_pointer"], []),
        "c": (["repository.link_leaves"], []),
        "d": ([], ["1.0.0.yaml"]),
    }


def test_mirror__schema_folder_absent_or_a_link__says_so(tmp_path: Path, origin: Origin) -> None:
    (origin.path / "linked").symlink_to("jsonschema")
    origin.commit({})

    for folder in ("absent", "linked", "jsonschema/a/b/1.0.0.yaml"):
        found = pulled(tmp_path, Remote(str(origin.path)), folder)[1]
        assert [problem.code for problem in found.problems] == ["repository.unreadable"]


def test_mirror__hooks_filters_and_configuration_of_the_origin__never_act(tmp_path: Path, origin: Origin) -> None:
    mark = tmp_path / "acted"
    script = f"#!/bin/sh\ntouch {mark}\ncat\n"
    for hook in ("post-checkout", "post-merge", "reference-transaction", "pre-auto-gc", "post-index-change", "update"):
        path = origin.path / ".git/hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(script)
    rogue = tmp_path / "rogue"
    rogue.write_text(script)
    for path in (rogue, *(origin.path / ".git/hooks").iterdir()):
        path.chmod(0o755)
    origin.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--allow-empty", "--message", "x")
    origin.git("config", "filter.rogue.smudge", str(rogue))
    origin.git("config", "core.fsmonitor", str(rogue))
    origin.git("config", "uploadpack.packObjectsHook", str(rogue))
    (origin.path / "jsonschema/.gitattributes").write_text("* filter=rogue\n")
    origin.git("-c", "core.hooksPath=/dev/null", "-c", "filter.rogue.clean=", "-c", "core.fsmonitor=false", "add", "--all")
    origin.git("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "commit", "--quiet", "--message", "attributes")
    mark.unlink(missing_ok=True)

    found = pulled(tmp_path, Remote(str(origin.path)))[1]

    assert len(found.files) == 1
    assert not mark.exists()
    assert not (tmp_path / "mirrors/1.git/hooks").exists()


@pytest.mark.parametrize("url", ["ext::sh -c 'touch {}'", "ext::touch%20{}", "--upload-pack=touch {}"])
def test_mirror__url_that_would_run_a_command__runs_nothing(tmp_path: Path, url: str) -> None:
    mark = tmp_path / "acted"

    assert code_of(tmp_path, Remote(url.format(mark))) in {"repository.bad_url", "repository.transport_refused"}
    assert not mark.exists()


def test_git__helper_transport_in_its_hands__still_refused(tmp_path: Path) -> None:
    git = Git(environment(tmp_path, "file"), tmp_path)

    finished = git.run("ls-remote", "--", f"ext::touch {tmp_path}/acted")

    assert "not allowed" in finished.errors
    assert not (tmp_path / "acted").exists()


def test_git__environment__holds_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND", "LD_PRELOAD", "SSH_AUTH_SOCK", "DATABASE_URL"):
        monkeypatch.setenv(name, "x")

    names = set(environment(tmp_path, "https"))

    assert not names & {"GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND", "LD_PRELOAD", "SSH_AUTH_SOCK", "DATABASE_URL"}


def test_mirror__absent_things__each_with_its_remedy(tmp_path: Path, origin: Origin) -> None:
    empty = Origin.make(tmp_path / "empty")

    assert code_of(tmp_path, Remote(str(origin.path), "absent")) == "repository.branch_missing"
    assert code_of(tmp_path, Remote(str(empty.path))) == "repository.branch_missing"
    assert code_of(tmp_path, Remote(str(tmp_path / "absent"))) == "repository.remote_absent"
    assert code_of(tmp_path, Remote("https://git.invalid/a")) == "repository.unreachable"
    assert code_of(tmp_path, Remote("https://127.0.0.1/a", rules=Rules(private_hosts=()))) == "repository.private_host"
    assert code_of(tmp_path, Remote("git@git.invalid:a")) == "repository.host_key"


def test_mirror__no_git__said_with_its_remedy(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    command.executable.cache_clear()
    monkeypatch.setattr("shutil.which", lambda *_names, **_facts: None)

    assert code_of(tmp_path, Remote(str(origin.path))) == "repository.git_missing"


def test_mirror__left_by_a_killed_fetch_or_broken__heals(tmp_path: Path, origin: Origin) -> None:
    pulled(tmp_path, Remote(str(origin.path)))
    mirror = tmp_path / "mirrors/1.git"
    (mirror / "shallow.lock").touch()
    (tmp_path / "mirrors/1.private").mkdir()

    origin.commit({"jsonschema/a/b/1.1.0.yaml": schema("/a/b/1.1.0")})
    assert len(pulled(tmp_path, Remote(str(origin.path)))[1].files) == 2

    (mirror / "config").write_text("[broken")
    assert code_of(tmp_path, Remote(str(origin.path)))
    assert len(pulled(tmp_path, Remote(str(origin.path)))[1].files) == 2
    assert not (tmp_path / "mirrors/1.private").exists()


def test_mirror__more_than_the_limit__refused_and_nothing_kept(tmp_path: Path, origin: Origin) -> None:
    (origin.path / "large").write_bytes(os.urandom(3 << 20))
    origin.commit({})

    assert code_of(tmp_path, Remote(str(origin.path), limits=Limits(disk_bytes=1 << 20))) == "repository.too_big"
    assert not (tmp_path / "mirrors/1.git").exists()


def test_git__too_slow__its_whole_group_is_killed(tmp_path: Path) -> None:
    slow = tmp_path / "git-upload-pack"
    slow.write_text(f"#!/bin/sh\nsleep 60 & echo $! > {tmp_path}/child\nwait\n")
    slow.chmod(0o755)
    git = Git(environment(tmp_path, "file"), tmp_path, Limits(seconds=1))

    began = time.monotonic()
    with pytest.raises(PlatformError) as caught:
        git.run("ls-remote", f"--upload-pack={slow}", "--", f"file://{tmp_path}")

    assert caught.value.code == "repository.too_slow"
    assert time.monotonic() - began < 10
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_credentials__https__in_the_environment_for_this_host_alone(tmp_path: Path) -> None:
    address = address_of("https://git.example.org:8443/a", Rules())
    secret = Credentials(username="robot", password="s3cret")

    config = list(secret.config(address))

    basic = base64.b64encode(b"robot:s3cret").decode()
    assert config == [("http.https://git.example.org:8443/.extraHeader", f"Authorization: Basic {basic}")]
    assert secret.environment(address, tmp_path) == {}
    assert "s3cret" not in repr(secret)
    assert "s3cret" not in repr(Remote("https://git.example.org/a", credentials=secret))
    assert "s3cret" not in repr(Git(environment(tmp_path, "https", config), tmp_path))
    assert list(secret.config(address_of("git@git.example.org:a", Rules()))) == []


def test_credentials__ssh__key_in_a_private_file_and_strict_about_the_host(tmp_path: Path) -> None:
    address = address_of("git@git.example.org:a", Rules())
    secret = Credentials(private_key=KEY, known_hosts="git.example.org ssh-ed25519 AAAA")

    found = secret.environment(address, tmp_path)

    options = found["GIT_SSH_COMMAND"]
    assert options.startswith("ssh -F none ")
    for option in ("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", f"IdentityFile={tmp_path}/key"):
        assert f"-o{option}" in options
    assert "c2VjcmV0a2V5" not in options
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert (tmp_path / "key").read_text().endswith("-----\n")


@pytest.mark.parametrize(
    ("transport", "kept"),
    [
        ("https", {"private_key": KEY}),
        ("ssh", {"password": "s3cret"}),
        ("file", {"password": "s3cret"}),
        ("ssh", {"private_key": "s3cret"}),
        ("https", {"username": "a:b", "password": "s3cret"}),
        ("https", {"password": "s3cret\r\nX: y"}),
    ],
)
def test_credentials__that_can_not_work__refused_without_their_words(transport: str, kept: dict[str, str]) -> None:
    with pytest.raises(PlatformError) as caught:
        Credentials.of(kept).check(transport)

    assert caught.value.code == "repository.bad_credentials"
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


def test_said__secrets_and_control_characters__struck_out() -> None:
    secret = Credentials(username="robot", password="s3/cret")
    basic = base64.b64encode(b"robot:s3/cret").decode()
    words = f"remote: \x1b[31mno s3/cret s3%2Fcret {basic}\nfatal: unable to access 'https://robot:s3/cret@h/a': \x07boom\n"

    for shown in (said.scrubbed(words, secret.words()), str(said.error_of(words, secret.words()))):
        assert "cret" not in shown
        assert basic not in shown
        assert shown.isprintable()
    assert "boom" in said.scrubbed(words, secret.words())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("fatal: Authentication failed for 'https://h/a'", "repository.access_denied"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "repository.access_denied"),
        ("git@h: Permission denied (publickey).\nfatal: Could not read from remote", "repository.access_denied"),
        ("fatal: unable to access 'https://h/a/': The requested URL returned error: 301", "repository.redirected"),
        ("fatal: repository 'https://h/a/' not found", "repository.remote_absent"),
        ("Host key verification failed.\nfatal: Could not read", "repository.host_key"),
        ("fatal: detected dubious ownership in repository at '/x'", "repository.foreign_owner"),
        ("error: object 12ab: badTree\nfatal: fsck error in packed object", "repository.broken_objects"),
        ("fatal: unable to access 'https://h/a/': Could not resolve host: h", "repository.unreachable"),
        ("", "repository.unreachable"),
    ],
)
def test_said__known_sentence__has_its_code(words: str, code: str) -> None:
    assert said.error_of(words, ()).code == code
