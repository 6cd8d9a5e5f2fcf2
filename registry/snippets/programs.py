"""Programs that send a schema's example to the intake, by language and by way; each runs as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from registry.snippets import events, plain, with_client
from registry.snippets.events import example_for
from registry.snippets.target import Target

__all__ = ["LANGUAGES", "WAYS", "Snippet", "Target", "box", "example_for", "snippets"]

Way = Literal["client", "http"]
WAYS: Mapping[str, str] = {"client": "Client", "http": "Plain HTTP"}
LANGUAGES: Mapping[str, str] = {"js": "Browser", "node": "Node", "python": "Python", "php": "PHP", "curl": "curl"}
_MOST_ORIGINS = 3
_NOTES: Mapping[tuple[str, str], str] = {
    ("js", "client"): "A part of a page. The platform serves the client; it samples, batches and tries again.",
    ("node", "client"): "npm install @eventplatform/client first.",
    ("python", "client"): "pip install eventplatform-client first. What is left is sent when the program ends.",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program; `name` is its language's place in an address, `way` says whether it needs a client library."""

    name: str
    way: Way
    text: str


def snippets(event: Mapping[str, Any], target: Target) -> tuple[Snippet, ...]:
    """The programs that send `event`, each language's shortest first; without a stream nothing can be said to a client."""
    whole = events.plain(event, target)
    script = plain.javascript(whole, target.events)
    without = (
        Snippet("js", "http", script),
        Snippet("node", "http", script),
        Snippet("python", "http", plain.python(whole, target.events)),
        Snippet("php", "http", plain.php(whole, target.events)),
        Snippet("curl", "http", plain.curl(whole, target.events)),
    )
    if not target.stream:
        return without
    return (
        Snippet("js", "client", with_client.browser(event, target)),
        Snippet("node", "client", with_client.node(event, target)),
        Snippet("python", "client", with_client.python(event, target)),
        *without,
    )


def box(event: Mapping[str, Any], target: Target, asked: Mapping[str, str]) -> dict[str, Any]:
    """What a page shows: the languages, the ways of the one that the address asks for (`lang`, `with`), and its program.

    What an address doesn't say is the shortest program in the language that most of the stream's producers speak.
    """
    found = snippets(event, target)
    usual = "js" if target.is_external else "python"
    language = asked.get("lang", "") if asked.get("lang", "") in LANGUAGES else usual
    of_language = [one for one in found if one.name == language]
    snippet = next((one for one in of_language if one.way == asked.get("with")), of_language[0])
    return {
        "snippet": snippet,
        "languages": LANGUAGES.items(),
        "ways": [(one.way, WAYS[one.way]) for one in of_language] if len(of_language) > 1 else [],
        "note": _NOTES.get((snippet.name, snippet.way), "Runs as it stands; the answer is the intake's.")
        + _pages(snippet, target),
    }


def _pages(snippet: Snippet, target: Target) -> str:
    """Whose pages' scripts the intake takes, where that isn't everybody's."""
    if snippet.name != "js" or target.origins is None:
        return ""
    if not target.origins:
        return " The intake takes it from no page."
    more = len(target.origins) - _MOST_ORIGINS
    named = ", ".join(target.origins[:_MOST_ORIGINS]) + (f" and {more} more" if more > 0 else "")
    return f" The intake takes it from pages of {named} only."
