/** From a call to an event on its way: judged, assembled, made into text, or dropped for a reason. */

import { assemble, bytesOf, textOf } from "./assembling.js";
import { attempt } from "./attempt.js";
import { LARGEST } from "./batch.js";
import { sampleAt } from "./clock.js";
import { isObject, own, read } from "./paths.js";
import { judge } from "./sampling.js";
import { isRefused } from "./signals.js";
import { surrounding } from "./surroundings.js";

const HELD = 128; // in a browser; a service holds as many as may wait

/**
 * @typedef {{_stream?: string, _key?: string, _event?: object, _ids?: object, _known?: () => object, _count?: () => void, _now?: number, _context?: object}} Call
 * `_stream` or, of an instrument, its `_key`; `_known` is what the instrument knows, by path, and asked when the event is made; `_count` is
 * called for an event that goes; `_now` and `_context` are of the moment of the call
 *
 * @param {object} core see client.js
 */
export const calls = (core) => {
  const { _options, _ids } = core;
  /** @type {Call[]} before the first configuration */
  const held = [];

  /** @param {Call} call */
  const emit = (call) => {
    core._give();
    handle(call);
  };

  const handle = (call) => {
    try {
      const reason = core._isClosed ? "client_closed" : core._isReady ? send(call, call._now || Date.now()) : hold(call);
      if (reason) lose(call, reason);
    } catch {
      lose(call, "not_json");
    }
  };

  const lose = ({ _stream, _key, _event }, reason) => core._lose(_stream || _key, reason, _event);

  /** Kept as it is now: what the caller changes afterwards changes nothing. */
  const hold = (call) => {
    const kept = JSON.parse(JSON.stringify({ _event: call._event, _context: contextOf(call) }));
    held.push({ ...call, ...kept, _now: Date.now() });
    if (held.length > (IS_PAGE ? HELD : _options.bounds.events)) lose(held.shift(), "full");
  };

  /**
   * Whether an event would go: the reason why not, or its entries and what it carries as its sample.
   * @param {Call} call
   * @returns {string | [{unit?: string, rate: number}, string, object, object?]} its sample, its stream and its entries
   */
  const judged = (call, now = Date.now()) => {
    const { streams, instruments } = core._current || {};
    const instrument = call._key && (own(instruments, call._key) || null);
    const name = instrument ? instrument.stream : call._stream;
    const entry = own(streams, name);
    if (entry && isRefused(entry.heeds, _options)) return "privacy";
    const sample = judge(
      entry,
      instrument,
      (one) => sampleAt(one, now + core._offset),
      (unit) => idOf(call, unit, now),
      core._hasConsent,
      core._force.includes(call._key),
      instrument && !core._parts.fits(instrument.audience, _options),
    );
    return sample.rate ? [sample, name, entry, instrument] : sample;
  };

  /** The reason why it didn't go. */
  const send = (call, now) => {
    _ids._touch(now);
    const found = judged(call, now);
    if (typeof found == "string") return found;
    const [sample, name, entry, instrument] = found;
    const url = own(core._current.intakes, entry.service);
    if (!url) return "unconfigured";
    const { _event: event = {} } = call;
    if (!isObject(event)) return "not_json";
    const lookup = lookupOf(call, sample, now);
    if (!core._parts.holds(entry.curation, lookup)) return "curation";
    const text = textOf(assemble(name, event, entry, instrument, lookup, _options.domain, now));
    const bytes = bytesOf(text);
    if (IS_PAGE && bytes > LARGEST) return "too_large";
    if (call._count) call._count();
    core._tell(text, "made", name);
    core._box._add({ text, bytes, made: now, url, stream: name, tries: 0 });
  };

  const contextOf = ({ _context }) => {
    const { context } = _options;
    // An integrator's context that fails is none: the event goes without it.
    return _context || (typeof context == "function" ? attempt(context) : context);
  };

  /** What the context holds at a path: the integrator's, else what the instrument, the judgement and the surroundings know. */
  const lookupOf = (call, { unit, rate }, now) => {
    const context = contextOf(call);
    const known = { "sample.unit": unit, "sample.rate": rate, "sample.revision": core._current.revision, instrument_name: call._key, ...(call._known && call._known()) };
    return (path) => {
      const value = read(context, path);
      if (value != null) return value;
      return known[path] ?? surrounding(path, _options.platform, (asked) => idOf(call, asked, now));
    };
  };

  const idOf = (call, unit, now) => {
    if (unit == "pageview" || core._hasConsent) return { ..._options.ids, ...call._ids }[unit] || _ids._of(unit, now);
  };

  return {
    _emit: emit,
    _judge: judged,
    /** The first configuration is here: judge what was called before. */
    _release: () => held.splice(0).forEach(handle),
    /** What was called before is dropped, for this reason. */
    _end: (reason) => held.splice(0).forEach((call) => lose(call, reason)),
  };
};
