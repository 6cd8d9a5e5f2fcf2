"""What the bodies of writes hold, and the changes that they ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rest_framework import serializers

from streamconfig import services
from streamconfig.api.writing import BodyInvalidError
from streamconfig.change_control.errors import ItemMissingError
from streamconfig.configuration import changes as patches
from streamconfig.configuration import sections
from streamconfig.configuration.changes import Change
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.configuration.moments import moment

_SECTIONS = (STREAMS, *sections.NAMES)
_PARTS = (patches.DEFAULTS, *_SECTIONS)


class MomentField(serializers.CharField):
    """A moment with its offset from UTC."""

    def to_internal_value(self, data: Any) -> Any:
        found = moment(data)
        if found is None:
            raise serializers.ValidationError("Write it as 2026-12-01T00:00:00Z, with its offset.")
        return found


class FieldSerializer(serializers.Serializer[Any]):
    """One setting: what it was expected to be, and what it becomes; a side that is left out is absent."""

    keys = serializers.ListField(child=serializers.CharField(max_length=200), min_length=1, max_length=16)
    was = serializers.JSONField(required=False, allow_null=True)
    becomes = serializers.JSONField(required=False, allow_null=True)
    path = serializers.CharField(required=False)


class ChangeSerializer(serializers.Serializer[Any]):
    """How one item of a section differs."""

    section = serializers.ChoiceField(choices=_PARTS)
    name = serializers.CharField(max_length=250, allow_blank=True)
    kind = serializers.ChoiceField(choices=patches.KINDS)
    fields_ = FieldSerializer(many=True, required=False)

    def get_fields(self) -> dict[str, Any]:
        """`fields` is DRF's own name, so it can't be declared like the others."""
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found


class ItemsField(serializers.DictField):
    """Items by name."""

    child = serializers.DictField()


class WishSerializer(serializers.Serializer[Any]):
    """What shall differ, said in one of three ways or several at once, applied in this order.

    Parts of a document, as in files: each named item is replaced whole. `set`: single settings by section, item and dotted
    path. `remove`: items by section. Or `changes`, as the API shows them, alone.
    """

    changes = ChangeSerializer(many=True, required=False)
    defaults = serializers.DictField(required=False)
    streams = ItemsField(required=False)
    teams = ItemsField(required=False)
    services = ItemsField(required=False)
    sites = ItemsField(required=False)
    overrides = ItemsField(required=False)
    instruments = ItemsField(required=False)
    policies = ItemsField(required=False)
    set = serializers.DictField(child=ItemsField(), required=False)
    remove = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)
    base_revision = serializers.IntegerField(required=False, min_value=1, max_value=2**62)


class AskSerializer(WishSerializer):
    """A change to ask for; `submit` false leaves it a draft."""

    title = serializers.CharField(max_length=200)
    reason = serializers.CharField(max_length=5000, allow_blank=True, default="")
    effective_at = MomentField(required=False, allow_null=True, default=None)
    submit = serializers.BooleanField(default=True)


class EditSerializer(WishSerializer):
    """Another content; what is left out stays. `edit` is the one that was seen."""

    edit = serializers.IntegerField(min_value=1)
    title = serializers.CharField(max_length=200, required=False)
    reason = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    effective_at = MomentField(required=False, allow_null=True)


def changes_of(body: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes that a body asks for.

    Raises:
        RejectedError: an item can't be used, or isn't there; or it asks in two ways at once.
    """
    is_wish = any(name in body for name in (*_PARTS, "set", "remove"))
    if body.get("changes") and is_wish:
        raise BodyInvalidError(pointer="/changes", reason="changes stand alone, without parts of a document.")
    if not is_wish:
        return _patch(body.get("changes") or ())
    return tuple(services.changes_of(lambda before: _wished(before, body), base_revision=body.get("base_revision") or 0))


def has_wish(body: Mapping[str, Any]) -> bool:
    """True where a body says what shall differ."""
    return any(name in body for name in (*_PARTS, "changes", "set", "remove"))


def _patch(given: Any) -> tuple[Change, ...]:
    for number, one in enumerate(given):
        for place, why in _flaws(one):
            raise BodyInvalidError(pointer=f"/changes/{number}{place}", reason=why)
    return patches.from_json([{**one, "fields": one.get("fields") or []} for one in given])


def _flaws(change: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What only the parts of a change together show to be none."""
    kind, name, fields = change["kind"], change["name"], change.get("fields") or ()
    if kind == "moved" and not _is_order(fields):
        yield "/fields", "A move has one field, order, with lists of names."
    if kind == "changed" and not fields:
        yield "/fields", "A change of an item has fields."
    if kind != "moved" and not name:
        yield "/name", "Only a move of a section has no name."
    if change["section"] == patches.DEFAULTS and (name != patches.DEFAULTS or kind in {"added", "removed"}):
        yield "", "The defaults are one item, named defaults, which is changed."


def _is_order(fields: Any) -> bool:
    return len(fields) == 1 and all(
        isinstance(fields[0].get(side), list) and all(isinstance(name, str) for name in fields[0][side])
        for side in ("was", "becomes")
    )


def _wished(before: Document, body: Mapping[str, Any]) -> Document:
    parts = {name: body[name] for name in _PARTS if name in body}
    after = services.with_document({STREAMS: {}, **parts})(before) if parts else before
    for section, items in body.get("set", {}).items():
        _require_section(section, "/set")
        for name, values in items.items():
            after = services.with_fields([name], values, section=section)(after)
    for section, names in body.get("remove", {}).items():
        _require_section(section, "/remove")
        after = _without(after, section, names)
    return after


def _without(before: Document, section: str, names: list[str]) -> Document:
    if section == STREAMS:
        return services.without_streams(names)(before)
    for name in names:
        if name not in before.section(section):
            raise ItemMissingError(section=section, name=name)
    kept = {key: item for key, item in before.section(section).items() if key not in names}
    return replace(before, sections={**before.sections, section: kept})


def _require_section(section: str, place: str) -> None:
    if section not in _SECTIONS:
        raise BodyInvalidError(pointer=f"{place}/{section[:50]}", reason=f"There is no section {section[:50]}.")
