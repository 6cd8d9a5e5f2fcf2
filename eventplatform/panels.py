"""What each app shows on a shared page, and what a higher app does for a lower one.

Higher apps register here at start (`AppConfig.ready`); lower apps ask here and import nothing. What nobody registered
leaves no hole: a page simply has no such panel, and `call` answers its default.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Page = Literal["overview", "start", "stream", "schema", "change"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a shared page: `template` rendered with what `context` answers for the page's subject.

    `context` gets the subject's name (a stream's name, a schema's title, a change request's number; empty on overview and
    start) and answers None
    where it has nothing to show. `column` is the wide one or the side.
    """

    name: str
    template: str
    context: Callable[[str], Mapping[str, Any] | None]
    order: int = 100
    column: Literal["main", "side"] = "main"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line of the list "Needs attention": what, since when, why, and what to do; what lasts becomes an alert.

    `kind` names its runbook (`/runbooks/<kind>`) and the rules of alerts that it falls under, `subject` what it is about
    (a connector, a stream, a part): both stay the same for as long as it lasts, whatever the words say.
    """

    level: Literal["fail", "warn"]
    what: str
    why: str
    link: str
    remedy: str
    since: str = ""
    kind: str = ""
    subject: str = ""
    began_at: datetime | None = None

    @property
    def key(self) -> str:
        """What makes it the same trouble when it is told again: the words alone where nobody named its kind."""
        return f"{self.kind}:{self.subject}" if self.kind else self.what


@dataclass(frozen=True, slots=True)
class Change:
    """Something that people or the platform changed, for the list "Recent changes"; `about` is linked, `text` says what."""

    at: datetime
    icon: str
    about: str
    link: str
    text: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """Something that lives by a schema title; `per_minute` are its events of the last minutes, oldest first, where counted."""

    kind: Literal["stream", "connector", "job"]
    name: str
    link: str
    note: str = ""
    state: str = ""
    per_minute: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Downstream:
    """A place where a stream's events are stored, as far as the app that stores them knows."""

    name: str
    kind: str
    target: str
    is_enabled: bool  # False: paused, or the stream's own settings switch it off
    retention_days: int | None  # None: for ever
    link: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A dead letter (`eventplatform.broker.dead_letters`) and the event that a person made of it."""

    letter: Any
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replay:
    """How dead letters of one source go back. `check` tells why an event would not pass, empty where it would.

    `send` puts events on their way again, with a note that says they are replayed; for each why it was not taken.
    """

    check: Callable[[Any, dict[str, Any]], str]
    send: Callable[[Sequence[Edited], str], Sequence[str]]


_panels: dict[str, dict[str, Panel]] = defaultdict(dict)
_functions: dict[str, Callable[..., Any]] = {}
_troubles: dict[str, Callable[[], list[Trouble]]] = {}
_changes: dict[str, Callable[[int], list[Change]]] = {}
_uses: dict[str, Callable[[str], list[Use]]] = {}
_replays: dict[str, Replay] = {}


def add(page: Page, panel: Panel) -> None:
    """Show `panel` on `page`; the same name again replaces it."""
    _panels[page][panel.name] = panel


def rendered(page: Page, subject: str = "", column: str = "") -> list[tuple[Panel, Mapping[str, Any]]]:
    """The panels of a page, or of one of its columns, that have something to show, in order, each with its context."""
    wanted = (panel for panel in _panels[page].values() if column in ("", panel.column))
    panels = sorted(wanted, key=lambda panel: panel.order)
    found = [(panel, panel.context(subject)) for panel in panels]
    return [(panel, context) for panel, context in found if context is not None]


def add_troubles(name: str, find: Callable[[], list[Trouble]]) -> None:
    """Let an app say what is wrong with its part."""
    _troubles[name] = find


def trouble_sources() -> Mapping[str, Callable[[], list[Trouble]]]:
    """Who says what is wrong, by name: for whoever must go on where one of them breaks."""
    return dict(_troubles)


def troubles() -> list[Trouble]:
    """Everything that needs attention now, worst first."""
    found = [trouble for find in _troubles.values() for trouble in find()]
    return sorted(found, key=lambda trouble: trouble.level != "fail")


def add_changes(name: str, find: Callable[[int], list[Change]]) -> None:
    """Let an app tell what was changed in its part: the newest, so many at most."""
    _changes[name] = find


def changes(most: int) -> list[Change]:
    """What was changed last, of all apps, newest first."""
    found = [change for find in _changes.values() for change in find(most)]
    return sorted(found, key=lambda change: change.at, reverse=True)[:most]


def add_uses(name: str, find: Callable[[str], list[Use]]) -> None:
    """Let an app say what of its part lives by a schema title."""
    _uses[name] = find


def uses(title: str) -> list[Use]:
    """All that lives by a schema title, in the order in which the apps registered."""
    return [use for find in _uses.values() for use in find(title)]


def add_replay(source: str, replay: Replay) -> None:
    """Let an app say how its dead letters go back: those of `source` (intake, connector, job)."""
    _replays[source] = replay


def replay_of(source: str) -> Replay | None:
    """How dead letters of that source go back; None where no app can."""
    return _replays.get(source)


def provide(name: str, function: Callable[..., Any]) -> None:
    """Offer a function to lower apps under `name`, such as `connectors.wake`."""
    _functions[name] = function


def call(name: str, *arguments: Any, default: Any = None) -> Any:
    """Ask the function `name`, or answer `default` where no app provides it."""
    function = _functions.get(name)
    return default if function is None else function(*arguments)
