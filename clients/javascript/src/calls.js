/** From a call to an event on its way: judged, assembled, made into text, or dropped for a reason. */

import { assemble, bytesOf, textOf } from "./assembling.js";
import { attempt, parsed } from "./attempt.js";
import { LARGEST } from "./batch.js";
import { sampleAt } from "./clock.js";
import { holds } from "./curation.js";
import { newUuid } from "./identifiers.js";
import { isObject, own, read } from "./paths.js";
import { fits, judge } from "./sampling.js";
import { isRefused } from "./signals.js";
import { surrounding } from "./surroundings.js";

const HELD = 128;

/**
 * @typedef {{_stream?: string, _key?: string, _event?: object, _ids?: object, _known?: object | (() => object), _now?: number, _context?: object}} Call
 * `_stream` or, of an instrument, its `_key`; `_known` is what the instrument knows, by path, and is asked for events that are sent
 * only; `_now` and `_context` are of the moment of the call
 *
 * @param {object} client see client.js
 */
export const calls = (client) => {
  const { _options, _held } = client;
  /** @type {Call[]} before the first configuration */
  let held = [];

  /** @param {Call} call */
  const emit = (call) => {
    client._count("given", 1);
    try {
      if (_held._current) send(call, call._now || Date.now());
      else hold(call);
    } catch {
      lose(call, "not_json");
    }
  };

  const lose = (call, reason) => client._lose(call._stream || call._key, reason, call._event);

  /** Kept as it is now: what the caller changes afterwards changes nothing. */
  const hold = (call) => {
    const [event, context] = parsed(JSON.stringify([call._event, contextOf(call)]));
    held.push({ ...call, _event: event === null ? call._event && null : event, _context: context, _now: Date.now() });
    if (held.length > HELD) lose(held.shift(), "full");
  };

  /**
   * Whether an event would go now: the reason why not, or its entries and what it carries as its sample.
   * @param {Call} call
   * @returns {string | {_name: string, _stream: object, _instrument?: object, _sample: {unit?: string, rate: number}}}
   */
  const verdict = ({ _stream, _key, _ids }, now = Date.now()) => {
    const document = _held._current || { streams: {} };
    const instrument = _key === undefined ? undefined : own(document.instruments || {}, _key) || null;
    const name = instrument ? instrument.stream : _stream;
    const stream = own(document.streams, name);
    if (stream && isRefused(stream.heeds, _options)) return "privacy";
    const sample = judge(stream, instrument, {
      _sampleOf: (entry) => sampleAt(entry, now + _held._offset),
      _idOf: (unit) => idOf(unit, _ids, now),
      _hasConsent: client._hasConsent(),
      _isForced: client._force.includes(_key),
      _fits: (audience) => fits(audience, _options),
    });
    return sample.rate ? { _name: name, _stream: stream, _instrument: instrument, _sample: sample } : sample;
  };

  const send = (call, now) => {
    client._identifiers.touch(now);
    const found = verdict(call, now);
    const { _name, _stream, _instrument } = found;
    if (!_name) return lose(call, found);
    const lookup = lookupOf(call, found, now);
    const url = own(_held._current.intakes || {}, _stream.service);
    if (!url) return lose(call, "unconfigured");
    if (!isObject(call._event === undefined ? {} : call._event)) return lose(call, "not_json");
    if (!holds(_stream.curation, lookup)) return lose(call, "curation");
    const moment = () => new Date(now).toISOString();
    const made = assemble(_name, call._event, _stream, _instrument, lookup, { id: newUuid, domain: _options.domain, moment });
    const text = textOf(made);
    const bytes = bytesOf(text);
    if (client._isBrowser && bytes > LARGEST) return lose(call, "too_large");
    if (client._debug) client._debug._made(_name, text);
    client._outbox.add({ text, bytes, made: now, url, stream: _name, tries: 0 });
  };

  const contextOf = ({ _context }) => {
    const { context } = _options;
    // An integrator's context that fails is none: the event goes without it.
    return _context || (typeof context == "function" ? attempt(context) : context);
  };

  /** What the context holds at a path: the integrator's, else what the instrument, the judgement and the surroundings know. */
  const lookupOf = (call, { _sample: { unit, rate } }, now) => {
    let context;
    let known;
    return (path) => {
      if (!known) {
        context = contextOf(call);
        const { revision } = _held._current;
        known = { "sample.unit": unit, "sample.rate": rate, "sample.revision": revision, instrument_name: call._key, ...call._known };
      }
      const value = read(context, path);
      if (value != null) return value;
      return path in known ? own(known, path) : attempt(() => surrounding(path, _options.platform, (asked) => idOf(asked, call._ids, now)));
    };
  };

  const idOf = (unit, ids, now) => {
    if (unit != "pageview" && !client._hasConsent()) return undefined;
    return (ids || {})[unit] || (_options.ids || {})[unit] || client._identifiers.of(unit, now);
  };

  return {
    emit,
    verdict,
    held: () => held,
    /** The first configuration is here: judge what was called before. */
    release: (act = emit) => {
      const waiting = held;
      held = [];
      client._count("given", -waiting.length);
      waiting.forEach(act);
    },
  };
};
