"""The two sample repositories, imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from registry import lookups, services
from tests.registry.origins import Origin, schema

EXAMPLES = settings.BASE_DIR / "examples/schemas"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test looks at its own database first."""
    lookups.forget()
    yield
    lookups.forget()


@pytest.fixture
def samples(db: None) -> Path:
    """Both sample repositories are published; answers their folder."""
    services.import_folder(name="primary", folder=EXAMPLES / "primary")
    services.import_folder(name="secondary", folder=EXAMPLES / "secondary", role="secondary", order=1)
    return Path(EXAMPLES)


@pytest.fixture
def own_mirrors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mirrors lie in the test's own folder."""
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path / "var")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A git repository with one version of a schema."""
    made = Origin.make(tmp_path / "origin")
    made.commit({"jsonschema/a/b/1.0.0.yaml": schema("/a/b/1.0.0")})
    return made
