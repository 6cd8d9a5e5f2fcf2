"""The kill switch: stops streams and instruments at once, without approval; somebody else looks at it afterwards."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from streamconfig import lookups
from streamconfig.change_control import carrying_out, judging, ledger, publishing, requests
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import (
    ItemMissingError,
    RequestEmptyError,
    RequestForbiddenError,
    RequestReasonError,
    RequestStateError,
)
from streamconfig.change_control.requests import Outcome, Source, State
from streamconfig.configuration.changes import Change, Field, reverted
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.models import ChangeRequest

INSTRUMENTS = "instruments"
_SWITCH = ("is_enabled",)
_NAMED = 3  # names that a title shows


def stop(
    *,
    by: Actor,
    streams: Collection[str] = (),
    instruments: Collection[str] = (),
    all_instruments: bool = False,
    all_streams: bool = False,
    reason: str,
) -> Outcome:
    """Switch off what is named, now. What is off already stays so.

    Raises:
        RequestForbiddenError: the person may not.
        RequestReasonError: no reason is given.
        ItemMissingError: a name isn't there; nothing is stopped then.
        RequestEmptyError: all of it is off already.
    """
    if not by.may("stop_now"):
        raise RequestForbiddenError(why_not=f"{by.name} may not use the kill switch.")
    if not reason.strip():
        raise RequestReasonError
    requests.apply_due()  # before the lock below, in which nothing else is waited for
    with transaction.atomic():
        publishing.locked_state()
        document = lookups.current_document()
        wanted = _named(document, streams, instruments, all_streams=all_streams, all_instruments=all_instruments)
        changes = [change for section, name in wanted if (change := _off(document, section, name)) is not None]
        if not changes:
            raise RequestEmptyError
        title = _title(changes)
        made = requests.draft(by=by, changes=changes, title=title, reason=reason, source=Source.KILL, is_emergency=True)
        return Outcome(made, carrying_out.publish(made, by))


def resume(number: int, *, by: Actor, reason: str = "") -> Outcome:
    """Ask to switch on again what a stop switched off: an ordinary request, with ordinary approvals."""
    stopped = _stop(number)
    return requests.propose(
        by=by,
        changes=reverted(stopped.changes),
        title=stopped.title.replace("Stop", "Resume", 1),
        reason=reason or f"Ends the stop of change {number}.",
        source=Source.PAGE,
    )


@transaction.atomic
def look_back(number: int, *, by: Actor, comment: str = "") -> ChangeRequest:
    """Say that one looked at a stop afterwards: an approver other than who stopped."""
    request = ledger.locked(number)
    if not request.is_emergency or request.state != State.APPLIED or request.reviewed_after_by:
        state = "looked at already" if request.reviewed_after_by else request.get_state_display().lower()
        raise RequestStateError(number=number, state=state, verb="looked at afterwards")
    judging.require_approver(request, by)
    request.reviewed_after_by = by.name
    request.save(update_fields=["reviewed_after_by"])
    ledger.note(request, by, "looked_back", comment)
    return request


def _stop(number: int) -> ChangeRequest:
    request = ledger.found(number)
    if not request.is_emergency:
        raise RequestStateError(number=number, state="no stop", verb="resumed")
    return request


def _named(
    document: Document, streams: Collection[str], instruments: Collection[str], *, all_streams: bool, all_instruments: bool
) -> list[tuple[str, str]]:
    known = {STREAMS: [one.name for one in document.entries], INSTRUMENTS: list(document.section(INSTRUMENTS))}
    asked = {
        STREAMS: known[STREAMS] if all_streams else list(streams),
        INSTRUMENTS: known[INSTRUMENTS] if all_instruments else list(instruments),
    }
    for section, names in asked.items():
        for name in names:
            if name not in known[section]:
                raise ItemMissingError(section=section, name=name)
    return [(section, name) for section, names in asked.items() for name in dict.fromkeys(names)]


def _off(document: Document, section: str, name: str) -> Change | None:
    """The change that switches an item off; None where it is off."""
    entry = document.get(name) if section == STREAMS else None
    item = entry.as_json() if entry else document.section(section)[name]
    if item.get("is_enabled") is False:
        return None
    switch = Field(_SWITCH, item["is_enabled"], becomes=False) if "is_enabled" in item else Field(_SWITCH, becomes=False)
    return Change(section, name, "changed", (switch,))


def _title(changes: Collection[Change]) -> str:
    names = [one.name for one in changes]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"Stop {', '.join(names[:_NAMED])}{more}"
