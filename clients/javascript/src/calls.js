/** From a call to an event on its way: judged, assembled, made into text, or dropped for a reason. */

import { assemble, bytesOf, textOf } from "./assembling.js";
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
 * @typedef {{_stream?: string, _key?: string, _event?: object, _ids?: object, _known?: Record<string, unknown>, _now?: number, _context?: object}} Call
 * `_stream` or, of an instrument, its `_key`; `_known` is what the instrument knows by path; `_now` and `_context` are set where a call was held
 */
export class Calls {
  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this._client = client;
    /** @type {Call[]} before the first configuration */
    this.held = [];
  }

  /** @param {Call} call */
  emit(call) {
    this._client._count("given", 1);
    try {
      if (this._client._current) this._send(call, Date.now());
      else this._hold(call);
    } catch {
      this._client._lose(call._stream || call._key, "not_json");
    }
  }

  /** The first configuration is here: judge what was called before. */
  release() {
    for (const call of this.held.splice(0)) {
      this._client._count("given", -1);
      this.emit(call);
    }
  }

  /**
   * Whether an event would go now: the reason why not, or its entries and what it carries as its sample.
   * @param {Call} call
   * @param {number} now
   * @returns {string | {_name: string, _stream: object, _instrument?: object, _sample: {unit?: string, rate: number}}}
   */
  judge({ _stream, _key, _ids }, now = Date.now()) {
    const { _current, _options, _hasConsent, _force, _configuration } = this._client;
    if (!_current) return "unconfigured";
    const instrument = _key === undefined ? undefined : own(_current.instruments || {}, _key) || null;
    const name = instrument ? instrument.stream : _stream;
    const stream = own(_current.streams, name);
    if (stream && isRefused(stream.heeds, _options)) return "privacy";
    const sample = judge(stream, instrument, {
      _sampleOf: (entry) => sampleAt(entry, now + _configuration.offset),
      _idOf: (unit) => this._idOf(unit, _ids, now),
      _hasConsent,
      _isForced: _force.includes(_key),
      _fits: (audience) => fits(audience, _options),
    });
    return typeof sample == "string" ? sample : { _name: name, _stream: stream, _instrument: instrument, _sample: sample };
  }

  _send(call, moment) {
    const client = this._client;
    const now = call._now || moment;
    client._identifiers.touch(now);
    const verdict = this.judge(call, now);
    if (typeof verdict == "string") return client._lose(call._stream || call._key, verdict, call._event);
    const { _name, _stream, _instrument } = verdict;
    const lookup = this._lookup(call, verdict, now);
    if (!holds(_stream.curation, lookup)) return client._lose(_name, "curation", call._event);
    if (call._event !== undefined && !isObject(call._event)) return client._lose(_name, "not_json");
    if (call._count) call._count();
    const made = { _now: now, _id: newUuid, _domain: client._options.domain, _lookup: lookup };
    const text = textOf(assemble(_name, call._event, _stream, _instrument, made));
    const url = own(client._current.intakes || {}, _stream.service);
    const bytes = bytesOf(text);
    if (!url) return client._lose(_name, "unconfigured", text);
    if (client._isBrowser && bytes > LARGEST) return client._lose(_name, "too_large", text);
    if (client._debug) client._debug._made(_name, text);
    client._outbox.add({ text, bytes, made: now, url, stream: _name, tries: 0 });
  }

  /** Kept as it is now: what the caller changes afterwards changes nothing. */
  _hold(call) {
    const [event, context] = JSON.parse(JSON.stringify([call._event, this._context()]));
    const isGiven = call._event !== undefined;
    this.held.push({ ...call, _event: isGiven ? event : undefined, _context: context || {}, _now: Date.now() });
    if (this.held.length > HELD) {
      const { _stream, _key } = this.held.shift();
      this._client._lose(_stream || _key, "full");
    }
  }

  _context() {
    const { context } = this._client._options;
    try {
      return typeof context == "function" ? context() : context;
    } catch {
      return undefined; // an integrator's context that fails is none: the event goes without it
    }
  }

  /** What the context holds at a path: the integrator's, else what the instrument, the judgement and the surroundings know. */
  _lookup(call, { _sample, _instrument }, now) {
    let context = call._context;
    const { revision } = this._client._current;
    const known = { ...call._known, "sample.unit": _sample.unit, "sample.rate": _sample.rate, "sample.revision": revision };
    if (_instrument) known.instrument_name = call._key;
    return (path) => {
      if (context === undefined) context = this._context() || {};
      const value = read(context, path);
      if (value != null) return value;
      const own_ = own(known, path);
      return own_ != null ? own_ : surrounding(path, this._client, (unit) => this._idOf(unit, call._ids, now));
    };
  }

  _idOf(unit, ids, now) {
    const { _options, _hasConsent, _identifiers } = this._client;
    if (unit != "pageview" && !_hasConsent) return undefined;
    const given = (ids && ids[unit]) || (_options.ids && _options.ids[unit]);
    return given || _identifiers.of(unit, now);
  }
}
