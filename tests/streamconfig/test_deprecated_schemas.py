"""A deprecated schema: refused for what is new, left alone where it is used already."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from registry import lifecycle
from registry import services as registry
from registry.models import Repository, SchemaTitle
from streamconfig import lookups, services
from streamconfig.configuration.document import DocumentInvalidError, Entry
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

OLD, NEW = "sample/test_event", "page/change"


@pytest.fixture
def stream() -> None:
    """One stream uses the schema, which is deprecated after that."""
    registry.import_folder(name="primary", folder=settings.BASE_DIR / "examples/schemas/primary")
    publish("old", schema_title=OLD)
    title = SchemaTitle.objects.get(name=OLD)
    lifecycle.deprecate(title, author="ann", reason="Too wide.", replacement=NEW)


def publish(name: str, **values: Any) -> object:
    document = {"streams": {name: values}}
    return configuring.configure(document, author="ann", reason="")


def test_publish__new_stream_of_a_deprecated_schema__refused_naming_the_replacement(stream: None) -> None:
    with pytest.raises(DocumentInvalidError) as refused:
        publish("new", schema_title=OLD)

    (problem,) = refused.value.problems
    assert (problem.stream, problem.pointer, problem.code) == ("new", "/schema_title", "stream.schema_deprecated")
    assert "Too wide." in problem.message
    assert problem.remedy == f"Use {NEW} instead."
    assert "new" not in lookups.snapshot().streams


def test_publish__stream_turns_to_a_deprecated_schema__refused(stream: None) -> None:
    publish("other", schema_title=NEW)

    with pytest.raises(DocumentInvalidError, match="deprecated"):
        publish("other", schema_title=OLD)


def test_publish__defaults_lead_to_a_deprecated_schema__refused(stream: None) -> None:
    publish("bare", canary_events_enabled=True)

    with pytest.raises(DocumentInvalidError, match="deprecated"):
        configuring.publish(services.with_defaults({"schema_title": OLD}), author="ann", reason="")


def test_publish__stream_that_used_it_before__takes_other_changes(stream: None) -> None:
    assert publish("old", schema_title=OLD, canary_events_enabled=True) is not None
    assert configuring.switch(["old"], is_enabled=False, author="ann", reason="") is not None


def test_publish__repository_deprecated__holds_for_each_of_its_schemas(stream: None) -> None:
    lifecycle.deprecate(Repository.objects.get(name="primary"), author="ann", reason="Moves away.")

    with pytest.raises(DocumentInvalidError, match="Moves away"):
        publish("new", schema_title=NEW)


def test_check__new_entry__told_before_it_is_published(stream: None) -> None:
    with pytest.raises(DocumentInvalidError) as refused:
        services.check_stream(Entry("new", {"schema_title": OLD}))

    assert [problem.code for problem in refused.value.problems] == ["stream.schema_deprecated"]
    services.check_stream(Entry("old", {"schema_title": OLD, "canary_events_enabled": True}))
