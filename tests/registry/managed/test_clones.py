from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from registry.managed import commits, drafting
from registry.models import Commit, SchemaVersion
from tests.registry import drafting_builders as build

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine"),
]


@pytest.fixture(autouse=True)
def no_folders() -> Iterator[None]:
    """Rows begin anew for each test, so folders do as well."""
    yield
    shutil.rmtree(Path(settings.VAR_DIR) / "managed", ignore_errors=True)


def git(*arguments: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(["git", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def next_version(field: str = "button") -> SchemaVersion:
    """Publish one more version with one more field."""
    draft = drafting.start(repository=build.repository(), title=build.TITLE, user=build.engineer())
    text = build.with_field(draft.text, field)
    drafting.edit(draft_id=draft.pk, text=text, reason=f"Adds {field}", seen=0, user=build.engineer())
    drafting.submit(draft_id=draft.pk, seen=1, user=build.engineer())
    return drafting.approve(draft_id=draft.pk, seen=1, user=build.approver())


@pytest.mark.parametrize("protocol", ["0", "1", "2"])
def test_clone__published_versions__are_the_files_that_are_served(
    live_server: LiveServer, tmp_path: Path, protocol: str
) -> None:
    build.published()
    next_version()

    git("-c", f"protocol.version={protocol}", "clone", "-q", f"{live_server.url}/repositories/team.git", tmp_path / "team")

    folder = tmp_path / "team/jsonschema/team/click"
    assert (folder / "latest").resolve().name == "1.1.0.yaml"
    assert (folder / "current.yaml").read_text().count("button:") == 1
    for version in ("1.0.0", "1.1.0", "latest"):
        served = Client().get(f"/repositories/team/jsonschema/team/click/{version}.yaml").content.decode()
        assert (folder / f"{version}.yaml").read_text() == served
    assert git("rev-parse", "HEAD", cwd=tmp_path / "team").strip() == Commit.objects.get(number=2).sha
    assert "team/click 1.1.0" in git("log", "--format=%s%n%an", cwd=tmp_path / "team")


def test_fetch__later_commit__arrives(live_server: LiveServer, tmp_path: Path) -> None:
    build.published()
    git("clone", "-q", f"{live_server.url}/repositories/team.git", tmp_path / "team")
    next_version()

    git("pull", "-q", cwd=tmp_path / "team")

    assert (tmp_path / "team/jsonschema/team/click/1.1.0.yaml").exists()


def test_shallow_clone__depth_one__holds_one_commit(live_server: LiveServer, tmp_path: Path) -> None:
    build.published()
    next_version()

    git("clone", "-q", "--depth", "1", f"{live_server.url}/repositories/team.git", tmp_path / "team")

    assert git("rev-list", "--count", "HEAD", cwd=tmp_path / "team").strip() == "1"


def test_push__anything__is_refused_with_the_way_to_go(live_server: LiveServer, tmp_path: Path) -> None:
    build.published()
    git("clone", "-q", f"{live_server.url}/repositories/team.git", tmp_path / "team")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    git(*who, "commit", "-q", "--allow-empty", "-m", "mine", cwd=tmp_path / "team")

    done = subprocess.run(["git", "push"], cwd=tmp_path / "team", capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode != 0
    assert "/schemas/drafts" in done.stderr


def test_clone__nothing_published_yet__is_an_empty_repository(live_server: LiveServer, tmp_path: Path) -> None:
    build.repository()

    git("clone", "-q", f"{live_server.url}/repositories/team.git", tmp_path / "team")

    assert [path.name for path in (tmp_path / "team").iterdir()] == [".git"]


def test_bare_folder__deleted__is_made_again_to_the_byte() -> None:
    build.published()
    next_version()
    folder = commits.bare_folder(build.repository())
    before = contents(folder)
    shutil.rmtree(folder)

    again = commits.bare_folder(build.repository())

    assert contents(again) == before
    git("fsck", "--strict", "--full", cwd=again)


def test_bare_folder__of_a_database_that_lost_its_last_commits__follows_the_rows() -> None:
    build.published()
    next_version()
    folder = commits.bare_folder(build.repository())
    Commit.objects.filter(number=2).delete()

    commits.bare_folder(build.repository())

    assert (folder / "refs/heads/main").read_text().strip() == Commit.objects.get().sha


def test_bare_folder__altered_row__is_refused() -> None:
    build.published()
    Commit.objects.update(message="Something else")

    with pytest.raises(commits.HistoryAlteredError):
        commits.bare_folder(build.repository())


def test_bare_folder__many_at_once__make_one_repository() -> None:
    build.published()
    next_version()
    repository = build.repository()

    failed = build.at_once([lambda: commits.bare_folder(repository)] * 4)

    assert failed == [None] * 4
    git("fsck", "--strict", cwd=commits.bare_folder(repository))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("team.git/info/refs", 403, "smart protocol"),
        ("team.git/info/refs?service=git-receive-pack", 403, "/schemas/drafts"),
        ("team.git/HEAD", 404, "smart protocol"),
        ("team.git/objects/../../../settings.py", 404, "smart protocol"),
        ("nobody.git/info/refs?service=git-upload-pack", 404, "There is no repository nobody"),
        ("primary.git/info/refs?service=git-upload-pack", 404, "where it is kept"),
    ],
)
def test_address__that_no_clone_asks__is_refused_in_words(samples: object, path: str, status: int, words: str) -> None:
    build.repository()

    answer = Client().get(f"/repositories/{path}")

    assert answer.status_code == status
    assert words in answer.content.decode()


def test_upload_pack__gzip_that_never_ends__is_refused() -> None:
    build.published()
    body = gzip.compress(b"0" * (64 << 20))

    answer = Client().post(
        "/repositories/team.git/git-upload-pack",
        data=body,
        content_type="application/x-git-upload-pack-request",
        headers={"Content-Encoding": "gzip"},
    )

    assert answer.status_code == 413


def test_upload_pack__question_packed_by_gzip__is_answered() -> None:
    build.published()

    answer = Client().post(
        "/repositories/team.git/git-upload-pack",
        data=gzip.compress(b"0014command=ls-refs\n0000"),
        content_type="application/x-git-upload-pack-request",
        headers={"Content-Encoding": "gzip", "Git-Protocol": "version=2"},
    )

    assert Commit.objects.get().sha.encode() + b" refs/heads/main" in b"".join(answer)


def test_upload_pack__nonsense__is_answered_and_harms_nothing() -> None:
    build.published()

    answer = Client().post(
        "/repositories/team.git/git-upload-pack", data=b"what?", content_type="application/x-git-upload-pack-request"
    )

    assert answer.status_code == 200  # git's own answer: an error line, or nothing


def test_address__in_a_browser__leads_to_the_files() -> None:
    assert Client().get("/repositories/team.git")["Location"] == "/repositories/team/"
