"""What both kinds of clients are, whatever sends for them."""

from __future__ import annotations

from typing import TypeVar

from eventclient.producing import setup
from eventclient.producing.caller import Caller
from eventclient.producing.options import Options
from eventclient.producing.pipeline import Pipeline
from eventclient.producing.visitors import Visitor, is_fixed, visitor_of
from eventclient.stats import Stats

R = TypeVar("R")


class Producer(Caller[R]):
    """A pipeline, and whose device or service it is."""

    def __init__(self, platform_url: str, options: Options) -> None:
        self._url = setup.checked_url(platform_url)
        self._options = options
        self._visitor = visitor_of(options) if is_fixed(options) else None
        self._judge = setup.judge_of(options)
        self._pipeline = setup.pipeline_of(options, self._judge)

    @property
    def pipeline(self) -> Pipeline:
        return self._pipeline

    @property
    def current_visitor(self) -> Visitor:
        return self._visitor or visitor_of(self._options)

    def stats(self) -> Stats:
        return self._pipeline.counted()

    def set_consent(self, consent: bool) -> None:  # noqa: FBT001  # the contract's word, the same in every client
        """Of the person whose device this is; services give identifiers with their calls."""
        if self._judge.identifiers is not None:
            self._judge.identifiers.set_consent(consent)

    def new_pageview(self) -> None:
        if self._judge.identifiers is not None:
            self._judge.identifiers.new_pageview()
