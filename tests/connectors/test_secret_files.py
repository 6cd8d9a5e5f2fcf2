"""Secrets that stay in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors import opening, secret_files, services
from connectors.models import Connector

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "reason"), [("../outside", "outside"), ("/etc/hostname", "outside"), ("link", "outside"), ("none", "NotFound")]
)
def test_secret_files__where_none_may_be__refused(tmp_path: Path, settings: Any, name: str, reason: str) -> None:
    settings.SECRETS_DIR = str(tmp_path / "secrets")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "outside").write_text("s3cr3t")
    (tmp_path / "secrets/link").symlink_to(tmp_path / "outside")

    with pytest.raises(secret_files.SecretFileError, match=reason) as caught:
        secret_files.read({"password": f"file:{name}"})

    assert "s3cr3t" not in str(caught.value)


def test_secret_files__password_of_a_target__read_when_it_is_opened(
    connector: Connector, tmp_path: Path, settings: Any
) -> None:
    settings.SECRETS_DIR = str(tmp_path)
    (tmp_path / "db").write_text("from-the-file\n")
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://u@localhost/d", "password": "file:db"})
    made = services.save_connector(name="rows", target="db", streams=["*"], values={})

    assert opening.make_sink(made)._target.password == "from-the-file"  # type: ignore[attr-defined]  # the Postgres sink's own
