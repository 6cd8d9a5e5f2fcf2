"""What a client can be made with."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from eventclient.errors import OptionError
from eventclient.stats import Dropped, log

WhenFull = Literal["drop_oldest", "drop_newest", "block", "raise"]
Said = Mapping[str, Any] | Callable[[], Mapping[str, Any]]  # a value, or a function that is asked at each call


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Times in seconds. What says `function` may be one, asked at each call: a request's own values, by context variables."""

    # who sends
    site: str | None = None
    domain: str | None = None
    platform: str = "service"
    consent: bool = False
    is_logged_in: bool | Callable[[], bool | None] | None = None  # or a function
    ids: Said = field(default_factory=dict)  # or a function
    context: Said = field(default_factory=dict)  # or a function
    signals: Collection[str] | Callable[[], Collection[str]] = ()  # gpc, dnt; or a function
    headers: Said = field(default_factory=dict)  # X-Request-Id, traceparent; or a function
    store: MutableMapping[str, Any] | None = None  # where an app keeps its session and device
    # the configuration
    streams: Collection[str] = ()
    instruments: Collection[str] = ()
    config: Mapping[str, Any] | None = field(default=None, repr=False)
    config_file: str | Path | None = None
    # debugging
    debug: bool | str = False
    force: Collection[str] = ()
    # what waits
    max_events: int = 10_000
    max_bytes: int = 64_000_000
    when_full: WhenFull = "drop_oldest"
    block_seconds: float = 5.0
    # batches
    linger_seconds: float = 1.0
    batch_events: int = 50
    batch_bytes: int = 48_000
    in_flight: int = 4
    ordered: bool = False
    tries: int = 5
    # the wire
    key: str | None = field(default=None, repr=False)
    timeout_seconds: float = 10.0
    exit_seconds: float = 5.0
    gzip_above: int | None = 4_096
    verify: Any = True  # as httpx: True, False or an ssl.SSLContext
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = True  # proxies and certificates of the environment
    transport: Any = field(default=None, repr=False)  # of httpx, for tests
    on_dropped: Callable[[Dropped], None] | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Checked, with a word for each mistake."""
        unknown = sorted(given.keys() - {one.name for one in fields(cls)})
        if unknown:
            raise OptionError(f"Unknown options: {', '.join(unknown)}. Their list stands in eventclient.producing.options.")
        made = cls(**given)
        if made.debug is True:
            made = replace(made, debug=f"py-{secrets.token_hex(8)}")
            log.info("debug.id %s", made.debug)
        for name in ("max_events", "max_bytes", "batch_events", "batch_bytes", "in_flight", "tries", "timeout_seconds"):
            if getattr(made, name) <= 0:
                raise OptionError(f"{name} must be more than 0.")
        for name in ("streams", "instruments", "force"):
            if isinstance(getattr(made, name), str):
                raise OptionError(f"{name} is a list of names, not one text.")
        if made.when_full not in ("drop_oldest", "drop_newest", "block", "raise"):
            raise OptionError("when_full is drop_oldest, drop_newest, block or raise.")
        if made.key is not None and not (made.key.isascii() and made.key.isprintable()):
            raise OptionError("The key holds characters that no header takes; was it read with its line's end?")
        return made
