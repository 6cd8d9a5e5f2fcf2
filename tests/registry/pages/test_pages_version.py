"""A version's page: its tabs and what stands beside them."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from django.conf import settings
from django.test import Client

from eventplatform import panels
from registry import lookups, services
from registry.models import Repository, SchemaReference, SchemaTitle, SchemaVersion, Waiver
from registry.schema import fields
from tests.registry import corpus

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]
CLICK = "/schemas/ui/button_click"


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def paths(client: Client, address: str) -> list[str]:
    return [row.field.path for row in client.get(address).context["rows"]]


def test_version__latest__shows_fields_versions_and_a_program(client: Client) -> None:
    shown = page(client, CLICK)

    schema = lookups.schemas().latest("ui/button_click")
    assert schema is not None
    assert f"{len(fields.fields_of(schema.document))} fields" in shown
    assert "milliseconds_<wbr>visible" in shown
    assert "header, content" in shown
    assert f"{CLICK}/1.0.0" in shown
    assert f"{settings.INTAKE_URL}/v1/events" in shown


def test_version__old__says_that_a_newer_one_is_there(client: Client) -> None:
    assert "1.2.0 is newer" in page(client, f"{CLICK}/1.0.0")


def test_fields__narrowed__shows_those_alone(client: Client) -> None:
    every = paths(client, "/schemas/client/error?all=1")

    marked = paths(client, "/schemas/client/error?show=pii")
    assert 0 < len(marked) < len(every)
    assert "http.user_agent" in marked or any("user_agent" in path for path in marked)
    assert all("line" in path or "line" in path for path in paths(client, "/schemas/client/error?field=line_"))
    assert "No field has that" in page(client, "/schemas/client/error?field=nowhere")


def test_fields__changed__tells_what_since_the_version_before(client: Client) -> None:
    shown = page(client, f"{CLICK}/1.1.0?show=changed")

    assert "milliseconds_visible is new" in shown
    assert "since 1.0.0" in shown


def test_fields__large_schema__is_folded_until_asked(client: Client) -> None:
    services.import_folder(name="wikimedia", folder=corpus.repository(), order=2)
    address = "/schemas/mediawiki/page/change/1.2.0"

    folded, whole = paths(client, address), paths(client, f"{address}?all=1")

    assert "performer.user_id" in whole
    assert len(folded) < len(whole)
    opened = client.get(f"{address}?at=revision.editor.user_id")
    assert "revision.editor.user_id" in [row.field.path for row in opened.context["rows"]]
    assert re.search(r'id="field.revision.editor.user_id" aria-selected="true"', opened.content.decode())
    toggle = next(row.toggle for row in client.get(address).context["rows"] if row.field.path == "prior_state")
    assert "prior_state.page" in paths(client, f"{address}{toggle}")
    assert paths(client, f"{address}?all=1&fold=performer").count("performer.user_id") == 0


@pytest.mark.parametrize(
    "tab", ["fields", "diff", "changelog", "references", "usage", "try", "produce", "code", "raw", "nonsense"]
)
@pytest.mark.parametrize("path", ["/schemas/page/change", "/schemas/page/change/1.0.0", "/schemas/fragment/sample/common"])
def test_tabs__every_one__has_its_address(client: Client, tab: str, path: str) -> None:
    assert 'aria-current="page"' in page(client, f"{path}?tab={tab}")


def test_diff__two_versions__says_what_changed_and_shows_the_text(client: Client) -> None:
    shown = page(client, f"{CLICK}/1.1.0?tab=diff")

    assert "1.0.0 → 1.1.0" in shown
    assert "Breaks" in shown
    assert re.search(r'<span class="add" data-sign="\+">[^<]*milliseconds_visible', shown)
    assert "this is the way back" in page(client, f"{CLICK}/1.0.0?tab=diff&from=1.1.0")


def test_diff__other_target__leads_to_that_version(client: Client) -> None:
    response = client.get(f"{CLICK}/1.1.0?tab=diff&from=1.1.0&to=1.0.0")

    assert (response.status_code, response["Location"]) == (302, f"{CLICK}/1.0.0?tab=diff&from=1.1.0")


def test_diff__one_version__says_so(client: Client) -> None:
    assert "nothing to compare" in page(client, "/schemas/ui/page_load?tab=diff")


def test_changelog__text__is_shown_as_text(client: Client) -> None:
    SchemaTitle.objects.filter(name="ui/button_click").update(changelog_text="# 1.1.0\n<script>alert(1)</script>")

    shown = page(client, f"{CLICK}?tab=changelog")

    assert "&lt;script&gt;alert(1)" in shown
    assert "milliseconds_visible is new" in shown
    assert "First" in shown


def test_references__both_directions__are_drawn_and_listed(client: Client) -> None:
    one = {version.schema_id: version for version in SchemaVersion.objects.all()}
    SchemaReference.objects.all().delete()
    SchemaReference.objects.bulk_create(
        SchemaReference(version=one[user], target_id=target)
        for user, target in (
            ("/page/change/1.1.0", "/fragment/sample/common/1.0.0"),
            ("/page/change/1.0.0", "/fragment/sample/common/1.0.0"),
            ("/page/change/1.1.0", "/fragment/sample/performer/1.0.0"),
        )
    )

    down = client.get("/schemas/page/change?tab=references")
    up = client.get("/schemas/fragment/sample/common?tab=references")

    assert [one.title for one in down.context["references"].uses] == ["fragment/sample/common", "fragment/sample/performer"]
    assert '<a href="/schemas/fragment/sample/common/1.0.0?tab=references">' in down.content.decode()
    assert [one.schema_id for one in up.context["references"].used_by] == ["/page/change/1.1.0"]


def test_usage__apps__tell_of_streams_and_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    uses = [
        panels.Use("stream", "page.changes", "/streams/page.changes", per_minute=(60.0, None, 180.0)),
        panels.Use("connector", "to_mysql", "/connectors/to_mysql", note="mysql into warehouse", state="running"),
    ]
    monkeypatch.setattr(panels, "uses", lambda title: uses if title == "page/change" else [])

    shown = page(client, "/schemas/page/change?tab=usage")

    assert "Used by 2" in shown
    assert re.search(r'data-label="Events/s">2<', shown)
    assert "to_<wbr>mysql" in shown
    assert "Nobody uses it" in page(client, "/schemas/client/error?tab=usage")


def test_raw__forms__are_texts_to_copy(client: Client) -> None:
    assert "title: client/error" in page(client, "/schemas/client/error/1.0.0?tab=raw")
    response = client.get("/schemas/client/error/1.0.0?tab=raw&form=resolved&as=json")
    assert json.loads(response.context["raw"])["$id"] == "/client/error/1.0.0"
    assert json.loads(client.get("/schemas/page/change?tab=raw&as=json").context["raw"])


def test_raw__version_made_from_current__shows_its_references(client: Client) -> None:
    SchemaTitle.objects.filter(name="page/change").update(current_text="$id: /page/change/1.1.0\nallOf:\n  - $ref: /x/1.0.0\n")

    assert "$ref: /x/1.0.0" in client.get("/schemas/page/change/1.1.0?tab=raw").context["raw"]
    assert "$ref" not in client.get("/schemas/page/change/1.0.0?tab=raw").context["raw"]


def test_produce__languages__have_their_address(client: Client) -> None:
    for language, word in (("curl", "curl "), ("js&with=http", "fetch("), ("python&with=http", "urlopen("), ("php", "<?php")):
        response = client.get(f"/schemas/client/error?tab=produce&lang={language}")
        assert word in response.context["snippet"].text
    assert "TypeError" in page(client, "/schemas/client/error?tab=example")


def test_types__languages__name_the_event(client: Client) -> None:
    assert "interface PageChange" in client.get("/schemas/page/change?tab=code").context["types_text"]
    python = client.get("/schemas/page/change?tab=code&types=python").context["types_text"]
    compile(python, "types.py", "exec")
    assert "class PageChange:" in python


def test_deprecated__page__says_since_when_why_and_what_instead(client: Client) -> None:
    SchemaTitle.objects.filter(name="page/change").update(
        deprecated_since="2026-01-02", deprecation_reason="Too <wide>.", replacement="/revision/create/1.0.0"
    )

    shown = page(client, "/schemas/page/change/1.0.0")

    assert "This schema is deprecated since 2 Jan 2026" in shown
    assert "Too &lt;wide&gt;." in shown
    assert 'href="/schemas/revision/create/1.0.0"' in shown


def test_guidelines__broken_rule__leads_to_the_field(client: Client) -> None:
    services.import_folder(name="wikimedia", folder=corpus.repository(), order=2)
    Repository.objects.filter(name="wikimedia").update(profile="strict", compatibility="FULL")
    address = "/schemas/mediawiki/page/change/1.2.0"

    response = client.get(address)

    box = response.context["guidelines"]
    told = {one.finding.code: one for one in box["told"]}
    assert (box["state"], box["kept"] < box["total"]) == ("fail", True)
    assert ("meta", "?tab=fields&at=meta#field.meta") in told["FIELD-DESCRIBED"].fields
    assert "required-dropped" in told
    assert f'href="{address}?tab=fields&amp;at=meta#field.meta"' in response.content.decode()


def test_guidelines__waived_break__is_told_with_its_end(client: Client) -> None:
    services.import_folder(name="wikimedia", folder=corpus.repository(), order=2)
    Repository.objects.filter(name="wikimedia").update(compatibility="FULL")
    waiver = {"title": "mediawiki/page/change", "reason": "Absent where suppressed <only>.", "author": "Ada"}
    Waiver.objects.create(rule="required-dropped", ends_on=date(2100, 12, 31), **waiver)

    shown = page(client, "/schemas/mediawiki/page/change/1.2.0")

    assert "Waiver: breaking change" in shown
    assert "waived until 31 Dec 2100" in shown
    assert "Absent where suppressed &lt;only&gt;." in shown


def test_version__absent__404_with_ways_on(client: Client) -> None:
    title, version = client.get("/schemas/no/button_clic"), client.get(f"{CLICK}/9.9.9")

    assert (title.status_code, version.status_code) == (404, 404)
    assert "No schema no/" in title.content.decode()
    assert f'href="{CLICK}"' in title.content.decode()
    assert "has no version 9.9.9" in version.content.decode()
    assert f'href="{CLICK}/1.0.0"' in version.content.decode()
    assert client.get("/schemas/no/such%00").status_code == 404


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("/schemas/", "/schemas"),
        (f"{CLICK}/", CLICK),
        (f"{CLICK}/?tab=raw", f"{CLICK}?tab=raw"),
        (f"{CLICK}/1.0.0/", f"{CLICK}/1.0.0"),
        (f"{CLICK}/latest", CLICK),
        ("/schemas/ui", "/schemas?q=ui%2F"),
        (f"{CLICK}?version=1.0.0&tab=raw", f"{CLICK}/1.0.0?tab=raw"),
    ],
)
def test_version__address_a_little_off__leads_where_it_was_meant(client: Client, address: str, meant: str) -> None:
    response = client.get(address)

    assert (response.status_code, response["Location"]) == (302, meant)


def test_head__several_versions__offers_each(client: Client) -> None:
    shown = page(client, f"{CLICK}/1.0.0")

    assert '<option value="1.2.0">1.2.0, latest</option>' in shown
    assert '<option value="1.0.0" selected>1.0.0</option>' in shown


def test_diff__unknown_version__says_that_another_is_shown(client: Client) -> None:
    assert "not published" in page(client, f"{CLICK}?tab=diff&from=9.9.9")
    assert "not published" not in page(client, f"{CLICK}?tab=diff&from=1.0.0")


@pytest.mark.parametrize("tab", ["fields", "raw"])
def test_tabs__whichever_is_open__count_fields_and_uses(client: Client, tab: str) -> None:
    shown = page(client, f"{CLICK}?tab={tab}")

    counted = re.findall(r'(Fields|Used by)<span class="nav-count">(\d*)</span>', shown)
    assert [name for name, number in counted if number] == ["Fields", "Used by"]
