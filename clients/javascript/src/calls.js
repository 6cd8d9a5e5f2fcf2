/** From a call to an event on its way: judged, assembled, made into text, or dropped for a reason. */

import { assemble, bytesOf, textOf } from "./assembling.js";
import { attempt, parsed } from "./attempt.js";
import { LARGEST } from "./batch.js";
import { sampleAt } from "./clock.js";
import { holds } from "./curation.js";
import { tell } from "./debug.js";
import { isObject, own, read } from "./paths.js";
import { fits, judge } from "./sampling.js";
import { isRefused } from "./signals.js";
import { surrounding } from "./surroundings.js";
import { isBrowser } from "./transport.js";

const HELD = 128;

/**
 * @typedef {{_stream?: string, _key?: string, _event?: object, _ids?: object, _known?: object, _count?: () => void, _now?: number, _context?: object}} Call
 * `_stream` or, of an instrument, its `_key`; `_known` is what the instrument knows, by path, and read when the event is made; `_count` is
 * called for an event that goes; `_now` and `_context` are of the moment of the call
 *
 * @param {object} core see client.js
 */
export const calls = (core) => {
  const { _options, _force, _ids } = core;
  /** @type {Call[]} before the first configuration */
  let held = [];

  /** @param {Call} call */
  const emit = (call) => {
    core._counts.given++;
    try {
      const reason = core._isClosed ? "client_closed" : core._current ? send(call, call._now || Date.now()) : hold(call);
      if (reason) lose(call, reason);
    } catch {
      lose(call, "not_json");
    }
  };

  const lose = ({ _stream, _key, _event }, reason) => core._lose(_stream || _key, reason, _event);

  /** Kept as it is now: what the caller changes afterwards changes nothing. */
  const hold = (call) => {
    const [event = call._event, context] = parsed(JSON.stringify([call._event, contextOf(call)]));
    held.push({ ...call, _event: call._event && event, _context: context, _now: Date.now() });
    if (held.length > HELD) lose(held.shift(), "full");
  };

  /**
   * Whether an event would go: the reason why not, or its entries and what it carries as its sample.
   * @param {Call} call
   * @returns {string | {_name: string, _entry: object, _instrument?: object, _sample: {unit?: string, rate: number}}}
   */
  const judged = (call, now = Date.now()) => {
    const { streams = {}, instruments } = core._current || {};
    const instrument = call._key && (own(instruments || {}, call._key) || null);
    const name = instrument ? instrument.stream : call._stream;
    const entry = own(streams, name);
    if (entry && isRefused(entry.heeds, _options)) return "privacy";
    const sample = judge(entry, instrument, {
      _sampleOf: (one) => sampleAt(one, now + core._offset),
      _idOf: (unit) => idOf(call, unit, now),
      _hasConsent: core._hasConsent,
      _isForced: _force.includes(call._key),
      _fits: (audience) => fits(audience, _options),
    });
    return sample.rate ? { _name: name, _entry: entry, _instrument: instrument, _sample: sample } : sample;
  };

  /** The reason why it didn't go. */
  const send = (call, now) => {
    _ids._touch(now);
    const found = judged(call, now);
    const { _name, _entry, _instrument, _sample } = found;
    if (!_name) return found;
    const url = own(core._current.intakes || {}, _entry.service);
    if (!url) return "unconfigured";
    const event = call._event === undefined ? {} : call._event;
    if (!isObject(event)) return "not_json";
    const lookup = lookupOf(call, _sample, now);
    if (!holds(_entry.curation, lookup)) return "curation";
    const text = textOf(assemble(_name, event, _entry, _instrument, lookup, _options.domain, now));
    const bytes = bytesOf(text);
    if (isBrowser && bytes > LARGEST) return "too_large";
    if (call._count) call._count();
    if (core._debugId) tell(["made", _name], text);
    core._box._add({ text, bytes, made: now, url, stream: _name, tries: 0 });
  };

  const contextOf = ({ _context }) => {
    const { context } = _options;
    // An integrator's context that fails is none: the event goes without it.
    return _context || (typeof context == "function" ? attempt(context) : context);
  };

  /** What the context holds at a path: the integrator's, else what the instrument, the judgement and the surroundings know. */
  const lookupOf = (call, { unit, rate }, now) => {
    let context;
    let known;
    return (path) => {
      if (!known) {
        context = contextOf(call);
        known = { "sample.unit": unit, "sample.rate": rate, "sample.revision": core._current.revision, instrument_name: call._key, ...call._known };
      }
      const value = read(context, path);
      if (value != null) return value;
      return path in known ? known[path] : attempt(() => surrounding(path, _options.platform, (asked) => idOf(call, asked, now)));
    };
  };

  const idOf = (call, unit, now) => {
    if (unit == "pageview" || core._hasConsent) return { ..._options.ids, ...call._ids }[unit] || _ids._of(unit, now);
  };

  return {
    _emit: emit,
    _judge: judged,
    _held: () => held.length,
    /** The first configuration is here: judge what was called before. */
    _release: (act = emit) => {
      const waiting = held;
      held = [];
      core._counts.given -= waiting.length;
      waiting.forEach(act);
    },
  };
};
