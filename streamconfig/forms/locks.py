"""Which fields of a form a person can't set, and why: the rules of authorship, seen from the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamconfig.change_control.actors import Actor
from streamconfig.configuration import authorship
from streamconfig.configuration.authorship import INSTRUMENTS, OVERRIDES, Level
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.forms.bindings import Binding

FOREIGN = "It belongs to a team that you are not in."
ENGINEERS = "Ask an engineer."
_TAIL = "other_settings"


def is_own(actor: Actor, document: Document, section: str, name: str, item: Mapping[str, Any]) -> bool:
    """True where the item is one of the person's teams', or no team's."""
    if section == STREAMS:
        return authorship.owns(document, name, actor.teams)
    if section == INSTRUMENTS:
        return actor.owns(str(item.get("owner") or "")) or authorship.owns(document, str(item.get("stream") or ""), actor.teams)
    return True


def locked(actor: Actor, section: str, bindings: Iterable[Binding], *, is_own: bool) -> dict[str, str]:
    """Field → why the person can't set it, of an item that is there."""
    if actor.level >= Level.ENGINEER:
        return {} if authorship.may_edit(section, (), actor.level) else _all(bindings, "Ask an administrator.")
    if not is_own:
        return _all(bindings, FOREIGN)
    kept = [one for one in bindings if not all(_may_edit(section, keys, actor) for keys in one.paths)]
    tail = {_TAIL: ENGINEERS} if section == STREAMS else {}
    return {**{name: ENGINEERS for one in kept for name in one.fields}, **tail}


def _may_edit(section: str, keys: tuple[str, ...], actor: Actor) -> bool:
    """Of an override's streams an editor may set the sampling: the rows are open, and each is judged when it is proposed."""
    if (section, keys) == (OVERRIDES, (STREAMS,)):
        keys = (STREAMS, "", "sample")
    return authorship.may_edit(section, keys, actor.level)


def _all(bindings: Iterable[Binding], why: str) -> dict[str, str]:
    return {**{name: why for one in bindings for name in one.fields}, _TAIL: why}
