"""What an address of the page or the API asks: how far back, and which client; and the addresses that ask it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from monitoring.instruments.checking import RANGES, USUAL
from monitoring.instruments.evidence.deciding import Client

PLATFORMS = ("web", "app", "service")
VALUES: Mapping[str, Sequence[str]] = {
    "range": tuple(RANGES),
    "platform": PLATFORMS,
    "logged_in": ("yes", "no"),
    "consent": ("yes", "no"),
    "gpc": ("1",),
    "dnt": ("1",),
}
_LONGEST = 200
_LONGEST_ADDRESS = 2000

Answer = Literal["", "yes", "no"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of an address; empty where the client doesn't know. `page` is where the instrument is, for its forced link."""

    span: str = USUAL
    site: str = ""
    platform: str = ""
    logged_in: Answer = ""
    consent: Answer = ""
    gpc: bool = False
    dnt: bool = False
    identifier: str = ""
    debug_id: str = ""
    page: str = ""

    @property
    def minutes(self) -> int:
        """How far back."""
        return RANGES[self.span]

    @property
    def client(self) -> Client:
        """The client that is described; consent is taken as given unless somebody says that it isn't."""
        return Client(
            site=self.site or None,
            platform=self.platform or None,
            is_logged_in={"yes": True, "no": False}.get(self.logged_in),
            has_consent=self.consent != "no",
            signals=frozenset(name for name, is_set in (("gpc", self.gpc), ("dnt", self.dnt)) if is_set),
            identifier=self.identifier or None,
        )

    def query(self, **changes: Any) -> str:
        """The address' query with something changed."""
        one = replace(self, **changes)
        pairs = {
            "range": one.span if one.span != USUAL else "",
            "site": one.site,
            "platform": one.platform,
            "logged_in": one.logged_in,
            "consent": one.consent,
            "gpc": "1" if one.gpc else "",
            "dnt": "1" if one.dnt else "",
            "id": one.identifier,
            "debug_id": one.debug_id,
            "page": one.page,
        }
        return urlencode({name: text for name, text in pairs.items() if text})


def read(given: Mapping[str, str]) -> Asked:
    """The parts of a query; what can't be is not heeded."""
    text = {name: given.get(name, "").strip()[:_LONGEST] for name in ("site", "id", "debug_id", "platform", "range")}
    return Asked(
        span=text["range"] if text["range"] in RANGES else USUAL,
        site=text["site"],
        platform=text["platform"] if text["platform"] in PLATFORMS else "",
        logged_in=_answer(given.get("logged_in")),
        consent=_answer(given.get("consent")),
        gpc=given.get("gpc") == "1",
        dnt=given.get("dnt") == "1",
        identifier=text["id"],
        debug_id=text["debug_id"],
        page=_page(given.get("page", "").strip()),
    )


def unknown(given: Mapping[str, str]) -> tuple[str, Sequence[str]] | None:
    """The first parameter whose value is none of those that it may have, with these: a program is told, a page is not."""
    return next(((name, may) for name, may in VALUES.items() if given.get(name, "") not in ("", *may)), None)


def _answer(text: str | None) -> Answer:
    return "yes" if text == "yes" else "no" if text == "no" else ""


def _page(text: str) -> str:
    """An address of the web without its fragment; nothing else is ever made a link."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    is_page = parts.scheme in {"http", "https"} and parts.hostname and len(text) <= _LONGEST_ADDRESS
    return parts._replace(fragment="").geturl() if is_page else ""
