"""A dry run says what an import would say: neither lets pass what the other refuses."""

from __future__ import annotations

import pytest

from registry import services
from registry.api import dry_run
from registry.models import Repository
from tests.registry.test_import_found import BOOLEAN, STRING, found, text

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.mark.parametrize("profile", ["strict", "compatible"])
@pytest.mark.parametrize(
    "version", ["1.0.1", "1.1.0", "2.0.0"], ids=["too small a step", "a minor that breaks", "a major that may break"]
)
def test_check__version_of_any_step__the_same_findings_as_the_import(profile: str, version: str) -> None:
    mine = Repository.objects.create(name="mine", profile=profile)
    services.import_found(repository=mine, found=found(("a/b/1.0.0", STRING)))
    Repository.objects.update(enforcement="refuse")
    mine.refresh_from_db()
    wider, other = STRING + "  y:\n    type: string\n", BOOLEAN
    more = wider if version == "1.0.1" else other

    dry = dry_run.check(mine, {f"jsonschema/a/b/{version}.yaml": text(f"a/b/{version}", more)}, seconds=20)
    refused = services.import_found(repository=mine, found=found((f"a/b/{version}", more)))

    assert sorted(one.finding.code for one in dry.remarks if one.finding.counts) == sorted(one.code for one in refused.problems)
