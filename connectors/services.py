"""The only writers of targets and connectors; leases have theirs in `connectors.leasing`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from connectors import catalog, connection_urls, opening, options
from connectors.models import Connector, Lease, Target
from connectors.rules import Rules
from eventplatform import encryption
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import TopicPartition

log = logging.getLogger(__name__)


class DocumentInvalidError(RejectedError):
    """A document of targets and connectors can't be used."""

    code = "connector.document_invalid"
    message = "{reason}"
    remedy = "Mend the named place; nothing of the document was saved."


@transaction.atomic
def import_document(*, document: Mapping[str, Any]) -> None:
    """Save the targets and connectors of a document as in `examples/connectors.yaml`; the same again changes nothing.

    A target's secrets that the document leaves out stay as they are.
    """
    targets = _section(document, "targets")
    connectors = _section(document, "connectors")
    for name, facts in targets.items():
        save_target(name=name, kind=str(facts.get("kind", "")), values=facts.get("options") or {})
    for name, facts in connectors.items():
        save_connector(
            name=name,
            target=str(facts.get("target", "")),
            streams=facts.get("streams") or ["*"],
            values=facts.get("options") or {},
            rules=facts.get("rules") or {},
            is_enabled=bool(facts.get("is_enabled", True)),
        )


def save_target(*, name: str, kind: str, values: Mapping[str, Any]) -> Target:
    """Make or change a target. A secret that is absent, empty or the mask keeps the one that is there."""
    declared = catalog.load(kind).target_type
    target = Target.objects.filter(name=name).first() or Target(name=name)
    kept = encryption.unseal(target.secrets, owner=f"target {name}") if target.kind == kind else {}
    open_values, secrets = options.split_secrets(declared, values)
    secrets = kept | {key: value for key, value in secrets.items() if value and value != options.MASK}
    _checked(lambda: check_target(declared, {**open_values, **secrets}), f"/targets/{name}/options")
    opening.ensure_embedded_database(open_values)
    if (target.kind, target.options) != (kind, open_values) or secrets != kept:
        target.kind, target.options, target.secrets = kind, open_values, encryption.seal(secrets)
        _clean(target, f"/targets/{name}")
        target.save()
        log.info("target.saved", extra={"target": name, "kind": kind})
    return target


def check_target(declared: type, values: Mapping[str, Any]) -> None:
    """Refuse options of a target that can't be used, or would show a secret.

    Raises:
        RejectedError: with a pointer to the option.
    """
    options.parse(declared, values)
    for one in options.declared(declared):
        if one.place == "database":
            connection_urls.check(str(values.get(one.name, "")), name=one.name)


def save_connector(
    *,
    name: str,
    target: str,
    streams: Sequence[str],
    values: Mapping[str, Any],
    rules: Mapping[str, Any] | None = None,
    is_enabled: bool = True,
) -> Connector:
    """Make or change a connector; `rules` that are None stay as they are."""
    place = f"/connectors/{name}"
    found = Target.objects.filter(name=target).first()
    if found is None:
        raise DocumentInvalidError(
            pointer=f"{place}/target", reason=f"Connector {name} names the target {target!r}, which is not there."
        )
    if not streams or not all(isinstance(stream, str) and stream for stream in streams):
        raise DocumentInvalidError(pointer=f"{place}/streams", reason=f"Connector {name} needs names or patterns of streams.")
    _checked(lambda: options.parse(catalog.load(found.kind).options_type, values), f"{place}/options")
    connector = Connector.objects.filter(name=name).first() or Connector(name=name)
    _checked(lambda: options.parse(Rules, rules or {}), f"{place}/rules")
    kept = connector.rules if rules is None else dict(rules)
    wanted = (found.pk, list(streams), dict(values), kept, is_enabled)
    now = (connector.target_id, connector.streams, connector.options, connector.rules, connector.is_enabled)
    if now != wanted or connector.pk is None:
        connector.target_id, connector.streams, connector.options, connector.rules, connector.is_enabled = wanted
        _clean(connector, place)
        connector.save()
        log.info("connector.saved", extra={"connector": name, "target": target})
    return connector


def pause(*, connector: str, by: str) -> None:
    """Stop waking the connector; slices under way end within seconds. Its position stays in the store."""
    Connector.objects.filter(name=connector).update(is_enabled=False, updated_at=Now())
    log.info("connector.paused", extra={"connector": connector, "by": by})


def resume(*, connector: str, by: str, only: TopicPartition | None = None) -> None:
    """Go on from the store's position, now: also where a stop or a growing delay held it back; or one partition alone."""
    held = Lease.objects.filter(connector__name=connector).exclude(state=Lease.State.RUNNING)
    if only is None:
        Connector.objects.filter(name=connector).update(is_enabled=True, updated_at=Now())
    else:
        held = held.filter(topic=only.topic, partition=only.partition)
    held.update(state=Lease.State.IDLE, not_before=None, queued_at=None, attempts=0, state_since=Now())
    log.info("connector.resumed", extra={"connector": connector, "by": by})


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    section = document.get(name) or {}
    if not isinstance(section, dict) or not all(isinstance(facts, dict) for facts in section.values()):
        raise DocumentInvalidError(pointer=f"/{name}", reason=f"{name} must be a mapping of names to their settings.")
    return section


def _checked(check: Callable[[], object], place: str) -> None:
    try:
        check()
    except RejectedError as error:
        error.pointer = place + error.pointer
        raise


def _clean(row: Target | Connector, place: str) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise DocumentInvalidError(pointer=place, reason="; ".join(error.messages)) from error
