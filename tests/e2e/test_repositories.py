"""A git repository added in the admin: imported before one's eyes; a broken commit named by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import look, signed_in
from tests.e2e.platform import Platform
from tests.registry.origins import Origin, schema

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]


def test_repository__added_broken_and_mended(platform: Platform, browser: Browser, tmp_path: Path) -> None:
    complaints: list[str] = []
    origin = Origin.make(tmp_path / "origin")
    origin.commit({"jsonschema/far/away/1.0.0.yaml": schema("/far/away/1.0.0")})
    page = signed_in(platform, browser, "administrator", complaints, at="/schemas/repositories")

    page.get_by_role("link", name="Add a repository").click()
    page.fill("[name=name]", "far")
    page.fill("[name=url]", str(origin.path))
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/schemas/repositories/far")
    live = page.locator("#live")
    expect(live).to_contain_text("Up to date", timeout=30_000)
    expect(live).to_contain_text(origin.head)
    expect(page.locator("#live[hx-trigger]")).to_have_count(0)  # nothing moves: nothing is asked any more

    origin.commit({"jsonschema/far/away/1.1.0.yaml": schema("/far/away/1.1.0", "properties: {x: {type: strange}}\n")})
    page.get_by_role("button", name="Pull now").click()
    expect(live).to_contain_text("jsonschema/far/away/1.1.0.yaml:4", timeout=30_000)
    look(page, "repository-refused")
    page.goto(f"{platform.url}/schemas/repositories")
    look(page, "repositories")

    origin.commit({"jsonschema/far/away/1.1.0.yaml": schema("/far/away/1.1.0", "properties: {x: {type: string}}\n")})
    page.locator("tr", has_text="far").get_by_role("button").click()
    expect(live).to_contain_text("Up to date", timeout=30_000)
    page.goto(f"{platform.url}/schemas/far/away")
    expect(page.locator("main")).to_contain_text("1.1.0")
    assert complaints == []
