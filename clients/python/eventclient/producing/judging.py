"""Whether an event goes, and the text that does: the whole of the contract's §3, §4 and §8 for one call."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson

from eventclient.contract import assembling, audience, curation, sampling
from eventclient.contract.configuration import Configuration
from eventclient.contract.context import Context
from eventclient.contract.identifiers import Identifiers
from eventclient.producing import routes
from eventclient.producing.calls import Call, mapping_of
from eventclient.producing.routes import Route
from eventclient.producing.visitors import Visitor


class Judged(NamedTuple):
    """`reason` of the drop, or the intake's service and the event's text."""

    reason: str | None
    stream: str
    service: str = ""
    text: bytes = b""


_EMPTY = Context({}, {})


class Judge:
    """Remembers what it read of a configuration; safe for threads."""

    def __init__(self, *, force: Collection[str] = (), consent: bool = False, identifiers: Identifiers | None = None) -> None:
        self.identifiers = identifiers
        self._force = frozenset(force)
        self._consent = consent
        self._lock = threading.Lock()
        self._known: tuple[Configuration | None, dict[tuple[str | None, str | None], Route]] = (None, {})

    def route(self, configuration: Configuration, call: Call, now: float) -> Route:
        read_from, known = self._known
        if read_from is not configuration:
            known = {}
            self._known = (configuration, known)
        route = known.get((call.stream, call.instrument))
        server_now = now + configuration.clock_offset
        if route is None or server_now >= route.until:
            route = routes.read(configuration, call.stream, call.instrument, server_now)
            known[call.stream, call.instrument] = route
        return route

    def verdict(self, route: Route, call: Call) -> tuple[sampling.Verdict, Mapping[str, str]]:
        """In or not, before anything is made of the event; and the identifiers it was judged by."""
        visitor = call.visitor
        if route.heeds and route.heeds & visitor.signals:
            return sampling.Verdict("privacy"), {}
        is_forced = call.instrument in self._force
        is_asked = route.audience is None or _fits(route.audience, visitor)
        if not is_asked and not is_forced:
            return sampling.Verdict("audience"), {}
        ids = self._ids(route, call)
        consent = self.consent or route.sample.unit in visitor.ids
        verdict = sampling.judge(route.sample, ids, consent=consent, is_forced=is_forced)
        if not is_asked and verdict.reason is None:
            verdict = sampling.Verdict(None, "forced", 1)
        return verdict, ids

    def judge(self, configuration: Configuration, call: Call, now: float) -> Judged:
        route = self.route(configuration, call, now)
        if route.reason is not None or route.plan is None:
            return Judged(route.reason, route.stream)
        verdict, ids = self.verdict(route, call)
        if verdict.reason is not None:
            return Judged(verdict.reason, route.stream)
        context = _EMPTY
        if route.plan.paths or route.curation:
            context = Context(call.visitor.context, _knows(call, verdict, ids, configuration.revision))
            if not curation.holds(route.curation, context):
                return Judged("curation", route.stream)
        return _written(call, route, route.plan, context)

    def renewed(self) -> Judge:
        """For a forked child: the same identifiers, a lock that nobody holds."""
        return Judge(force=self._force, consent=self._consent, identifiers=self.identifiers)

    @property
    def consent(self) -> bool:
        return self._consent if self.identifiers is None else self.identifiers.consent

    def _ids(self, route: Route, call: Call) -> Mapping[str, str]:
        """The call's own; an app's, where the call has none."""
        if self.identifiers is None:
            return call.visitor.ids
        found = dict(call.visitor.ids)
        with self._lock:  # two threads would make two sessions
            for unit in route.units:
                own = self.identifiers.find(unit, call.made) if unit not in found else None
                if own is not None:
                    found[unit] = own
        return found


def _fits(asked: Mapping[str, Any], visitor: Visitor) -> bool:
    return audience.fits(asked, site=visitor.site, platform=visitor.platform, is_logged_in=visitor.is_logged_in)


def _written(call: Call, route: Route, plan: assembling.Plan, context: Context) -> Judged:
    moment = assembling.Moment(assembling.iso(call.made), str(uuid.uuid4()) if plan.has_id else "", call.visitor.domain)
    try:
        made = assembling.assemble(mapping_of(call.event), plan, context, moment)
        return Judged(None, route.stream, route.service, orjson.dumps(made))
    except Exception:  # noqa: BLE001  # a caller's values and to_event(); the call that they stand in must go on
        return Judged("not_json", route.stream)


def _knows(call: Call, verdict: sampling.Verdict, ids: Mapping[str, str], revision: Any) -> dict[str, Any]:
    """The client's part of the context."""
    named = {f"{unit}_id": ids.get(unit) for unit in sampling.UNITS}
    return {
        **call.knows,
        "instrument_name": call.instrument,
        "sample": {"unit": verdict.unit, "rate": verdict.rate, "revision": revision},
        "browser": named,
        "performer": named,
        "agent": {"client_platform": call.visitor.platform},
    }
