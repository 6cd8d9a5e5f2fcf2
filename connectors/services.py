"""The only writers of targets and connectors; leases have theirs in `connectors.leasing`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.db.models.functions import Now

from connectors import breaker, catalog, connection_urls, following, leasing, opening, options, server_urls
from connectors.holding import hold
from connectors.models import Connector, Preparation, Target
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


class TargetUsedError(RejectedError):
    """A target that connectors use can't be deleted."""

    code = "target.used"
    http_status = 409
    message = "The target {target} is used by {connectors}."
    remedy = "Delete these connectors, or give them another target, first."


@transaction.atomic
def import_document(*, document: Mapping[str, Any]) -> None:
    """Save the targets and connectors of a document as in `examples/connectors.yaml`; the same again changes nothing.

    A target's secrets that the document leaves out stay as they are.
    """
    targets = _section(document, "targets")
    connectors = _section(document, "connectors")
    for name, facts in sorted(targets.items()):  # two imports at once take their locks in the same order
        save_target(name=name, kind=str(facts.get("kind", "")), values=facts.get("options") or {})
    for name, facts in sorted(connectors.items()):
        save_connector(
            name=name,
            target=str(facts.get("target", "")),
            streams=facts.get("streams") or ["*"],
            values=facts.get("options") or {},
            rules=facts.get("rules") or {},
            is_enabled=bool(facts.get("is_enabled", True)),
        )


@transaction.atomic
def save_target(*, name: str, kind: str, values: Mapping[str, Any]) -> Target:
    """Make or change a target. A secret that is absent, empty or the mask keeps the one that is there."""
    declared = catalog.load(kind).target_type
    hold("target", name)
    target = Target.objects.filter(name=name).first() or Target(name=name)
    open_values, secrets = options.split_secrets(declared, values)
    typed = {key: value for key, value in secrets.items() if value and value != options.MASK}
    kept = _kept(target, is_replaced=bool(typed)) if target.kind == kind else {}
    secrets = kept | typed
    _checked(lambda: check_target(declared, {**open_values, **secrets}), f"/targets/{name}/options")
    opening.ensure_embedded_database(open_values)
    if (target.kind, target.options) != (kind, open_values) or secrets != kept:
        target.kind, target.options, target.secrets = kind, open_values, encryption.seal(secrets)
        _clean(target, f"/targets/{name}")
        target.save()
        breaker.reset(Q(pk=target.pk))
        leasing.begin_anew(Q(connector__target=target), is_elsewhere=True)
        log.info("target.saved", extra={"target": name, "kind": kind})
    return target


def _kept(target: Target, *, is_replaced: bool) -> dict[str, Any]:
    """The target's secrets; none where their key is lost and somebody enters them again."""
    try:
        return encryption.unseal(target.secrets, owner=f"target {target.name}")
    except encryption.SecretUnreadableError:
        if not is_replaced:
            raise
        return {}


def check_target(declared: type, values: Mapping[str, Any]) -> None:
    """Refuse options of a target that can't be used, or would show a secret.

    Raises:
        RejectedError: with a pointer to the option.
    """
    options.parse(declared, values)
    for one in options.declared(declared):
        if one.place == "database":
            connection_urls.check(str(values.get(one.name, "")), name=one.name)
        if one.place in server_urls.PLACES and (one.is_required or values.get(one.name)):
            server_urls.check(str(values.get(one.name, "")), name=one.name, place=one.place)


@transaction.atomic
def save_connector(
    *,
    name: str,
    target: str,
    streams: Sequence[str],
    values: Mapping[str, Any],
    rules: Mapping[str, Any] | None = None,
    is_enabled: bool | None = True,
    is_stopped: bool | None = None,
) -> Connector:
    """Make or change a connector; `rules`, `is_enabled` and `is_stopped` that are None stay as they are.

    Stopped is more than not enabled: its offsets may be moved.
    """
    place = f"/connectors/{name}"
    hold("connector", name)
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
    wanted: dict[str, Any] = {
        "target_id": found.pk,
        "streams": list(streams),
        "options": dict(values),
        "rules": kept,
    }
    if is_enabled is not None:
        wanted["is_enabled"] = is_enabled
        wanted["is_stopped"] = (connector.is_stopped if is_stopped is None else is_stopped) and not is_enabled
    now = {fact: getattr(connector, fact) for fact in wanted}
    if now != wanted or connector.pk is None:
        for fact, value in wanted.items():
            setattr(connector, fact, value)
        _clean(connector, place)
        # Only these: somebody may pause it meanwhile.
        connector.save(update_fields=None if connector.pk is None else [*wanted, "updated_at"])
        is_elsewhere = (now["target_id"], now["options"]) != (wanted["target_id"], wanted["options"])
        leasing.begin_anew(Q(connector=connector), is_elsewhere=is_elsewhere)
        log.info("connector.saved", extra={"connector": name, "target": target})
    return connector


def pause(*, connector: str, by: str) -> None:
    """Stop waking the connector; slices under way end within seconds. Its position stays in the store."""
    _switch(connector, "paused", by, is_enabled=False, is_stopped=False)


def stop(*, connector: str, by: str) -> None:
    """As `pause`; besides, its offsets may be moved."""
    _switch(connector, "stopped", by, is_enabled=False, is_stopped=True)


def resume(*, connector: str, by: str, only: TopicPartition | None = None) -> None:
    """Go on from the store's position, now: also where a stop or a growing delay held it back; or one partition alone."""
    held = Q(connector__name=connector)
    if only is None:
        _switch(connector, "resumed", by, is_enabled=True, is_stopped=False)
        breaker.reset(Q(connectors__name=connector))
    else:
        held &= Q(topic=only.topic, partition=only.partition)
    leasing.resume(held)


def restart(*, connector: str, by: str, only_failed: bool = False, include_tasks: bool = True) -> int:
    """Try the failed partitions now, and begin anew where slices are at work unless `only_failed`; how many partitions.

    Without `include_tasks` only its store is prepared anew, as the connector's own part.
    """
    Preparation.objects.filter(connector__name=connector).update(done="", not_before=None, queued_at=None)
    count = 0
    if include_tasks:
        breaker.reset(Q(connectors__name=connector))
        count = leasing.restart(Q(connector__name=connector), only_failed=only_failed)
    log.info("connector.restarted", extra={"connector": connector, "by": by, "partitions": count})
    return count


def delete_target(*, target: str, by: str) -> None:
    """Forget the target.

    Raises:
        TargetUsedError: connectors write there.
    """
    try:
        Target.objects.filter(name=target).delete()
    except ProtectedError:
        used = Connector.objects.filter(target__name=target).values_list("name", flat=True)
        raise TargetUsedError(target=target, connectors=", ".join(used)) from None
    log.warning("target.deleted", extra={"target": target, "by": by})


def _switch(connector: str, verb: str, by: str, **facts: bool) -> None:
    Connector.objects.filter(name=connector).update(**facts, updated_at=Now())
    log.info("connector." + verb, extra={"connector": connector, "by": by})  # noqa: G003  # the event's name has no values


def delete_connector(*, connector: str, by: str) -> None:
    """Forget the connector; what it stored stays in its store, and so does its place there."""
    row = Connector.objects.select_related("target").filter(name=connector).first()
    if row is not None:
        following.let_go(row)
    Connector.objects.filter(name=connector).delete()
    log.warning("connector.deleted", extra={"connector": connector, "by": by})


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
