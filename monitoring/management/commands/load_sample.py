"""`manage.py load_sample`: the sample of `examples/`, through the same services that people use."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from connectors import lookups as connector_lookups
from connectors import services as connector_services
from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from monitoring import demo_users
from monitoring.rejected import sample
from registry import services as registry_services
from registry.managed import drafting
from streamconfig import lookups as stream_lookups
from streamconfig import services as stream_services
from streamconfig.change_control.actors import of_command

log = logging.getLogger(__name__)

MANAGED = "team"  # the repository that the platform owns
REPOSITORIES = ("primary", "secondary")  # in the order in which references are looked up
AUTHOR = "load_sample"


class Command(BaseCommand):
    help = "Load the sample: schemas, streams, connectors and a demo user of each role. Safe to repeat: what is there stays."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("The sample is for a demo: its users' passwords lie in a file. Unset DEPLOYMENT to load it.")
        examples = settings.BASE_DIR / "examples"
        for order, name in enumerate(REPOSITORIES):
            registry_services.import_folder(name=name, folder=examples / "schemas" / name, role=name, order=order)
        load_streams(read(examples / "streams.yaml"))
        load_connectors(read(examples / "connectors.yaml"))
        demo_users.ensure_groups()
        demo_users.ensure_users(settings.VAR_DIR / "demo-users.json")
        load_drafts(examples / "drafts")
        load_rejected(read(examples / "rejected.yaml"))
        self.stdout.write("The sample is loaded.")


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def load_streams(document: dict[str, Any]) -> None:
    """Add the streams and other items that aren't there; one that is may have been changed by a person since."""
    known = stream_lookups.current_document().as_json()
    new = {part: _missing(items, known.get(part, {})) for part, items in document.items() if part != "defaults"}
    if not any(new.values()):
        return
    defaults = {} if known["streams"] else {"defaults": document["defaults"]}
    wish = stream_services.with_document({**defaults, **new})
    if not stream_services.is_asked(wish):
        stream_services.propose(wish, by=of_command(AUTHOR), title="Sample data", source="command")


def _missing(items: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in items.items() if name not in known}


def load_connectors(document: dict[str, Any]) -> None:
    """Add the connectors that aren't there, with the targets that they name."""
    known = {view.name for view in connector_lookups.overview()}
    new = {name: connector for name, connector in document["connectors"].items() if name not in known}
    if new:
        connector_services.import_document(document={**document, "connectors": new})


def load_rejected(document: dict[str, Any]) -> None:
    """Some refused events on the error streams; a log that is away keeps nobody from the rest of the sample."""
    try:
        sample.load(document, event_log())
    except PlatformError as error:
        log.warning("sample.rejected_not_loaded", extra={"reason": str(error)})


def load_drafts(folder: Path) -> None:
    """A managed repository with a title that two people published, and its next version waiting for a review."""
    repository = drafting.ensure_repository(name=MANAGED, order=len(REPOSITORIES))
    engineer, approver = (User.objects.get(username=name) for name in ("engineer", "approver"))
    if drafting.has_drafts(repository):
        return
    for name, reason in (("signup", "Count who asks for the newsletter"), ("signup_next", "See which way people come")):
        text = (folder / f"{name}.yaml").read_text()
        draft = drafting.start(repository=repository, title="newsletter/signup", user=engineer, text=text)
        draft = drafting.edit(draft_id=draft.pk, text=text, reason=reason, seen=draft.edit, user=engineer)
        draft = drafting.submit(draft_id=draft.pk, seen=draft.edit, user=engineer)
        if name == "signup":
            drafting.approve(draft_id=draft.pk, seen=draft.edit, user=approver)
