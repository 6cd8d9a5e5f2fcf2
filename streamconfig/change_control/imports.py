"""The dry run of an import: what a file or another wiki would change, or why not; and the request that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from eventplatform import outbound
from streamconfig import lookups, services
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import RequestEmptyError
from streamconfig.configuration.changes import Change, changes_between, key_moves
from streamconfig.configuration.document import OWN_KEYS, DocumentInvalidError
from streamconfig.exchange import files, folders
from streamconfig.exchange.errors import ApiAnswerError, Finding, ImportRefusedError, UnreadableError
from streamconfig.exchange.files import Given

_SECONDS = 20.0
_NEEDED = {"action": "streamconfigs", "format": "json", "formatversion": "2"}


@dataclass(frozen=True, slots=True)
class Trial:
    """What an import would change, seen from `revision`. It can be proposed where nothing is found wrong."""

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    notices: tuple[str, ...] = ()
    revision: int = 0

    @property
    def is_fine(self) -> bool:
        """True where something differs and all of it can be asked for."""
        return bool(self.changes) and not self.findings


def of_file(content: bytes, *, form: str, by: Actor, is_complete: bool = False) -> Trial:
    """The dry run of a file's content. Whatever is wrong with it is among the findings.

    Raises:
        RequestForbiddenError: `by` may not ask for such changes.
    """
    try:
        given = files.read(content, form=form, before=lookups.current_document())
    except (UnreadableError, ImportRefusedError) as error:
        return Trial(findings=error.findings, revision=lookups.newest_revision())
    return of_given(given, by=by, is_complete=is_complete)


def of_folder(folder: Path, *, by: Actor) -> Trial:
    """The dry run of a folder kept in git; the parts that it names are complete."""
    try:
        given = folders.read(folder, lookups.current_document())
    except (UnreadableError, ImportRefusedError) as error:
        return Trial(findings=error.findings, revision=lookups.newest_revision())
    return of_given(given, by=by, is_complete=True)


def of_given(given: Given, *, by: Actor, is_complete: bool = False) -> Trial:
    """The dry run of what was read."""
    revision, before = lookups.newest_revision(), lookups.current_document()
    changes: Sequence[Change] = ()
    try:
        held = before.as_json()
        document = given.completed(held) if is_complete else given.document
        wanted = services.with_document(document, is_complete=is_complete)(before).as_json()
        changes = changes_between(held, wanted)
        if changes:
            changes = [*changes, *key_moves(held, wanted, but=OWN_KEYS)]
        services.check(changes, by=by)
    except RequestEmptyError:
        changes = ()
    except DocumentInvalidError as error:
        findings = tuple(map(given.finding, error.problems))
        return Trial(tuple(changes), findings, given.notices, revision)
    return Trial(tuple(changes), (), given.notices, revision)


def fetched(url: str) -> bytes:
    """What a MediaWiki answers about all its streams; the address is that of its `api.php`.

    Raises:
        ApiAnswerError: another answer than 200.
        RejectedError, RetriableError: the address isn't allowed, or can't be reached.
    """
    answer = outbound.fetch(api_url(url), max_bytes=files.MAX_BYTES, seconds=_SECONDS)
    if answer.status != HTTPStatus.OK:
        raise ApiAnswerError(f"The server answered with {answer.status}.")
    return answer.body


def api_url(url: str) -> str:
    """The address with the parameters that the API needs; a wiki's own ones, such as `constraints`, stay."""
    parts = urlsplit(url.strip())
    asked = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **_NEEDED}
    return urlunsplit(parts._replace(query=urlencode(asked), fragment=""))
