/** Events on their way: grouped by intake, sent, tried again, and left to the next page. */

import { outcomesOf } from "./answers.js";
import { BYTES, EVENTS, LARGEST, bodyOf, countFor, sizeOf } from "./batch.js";
import { LASTS, admit } from "./queue.js";
import { ask, beacon, withParameter } from "./transport.js";

const AT_ONCE = 4; // requests of a service to one intake
const ON_DEVICE = { events: 200, bytes: 256e3 };
const LONGEST_TIMER = 1e9; // beyond 2^31 a timer rings at once

/**
 * @typedef {{text: string, bytes: number, made: number, url: string, stream: string, tries: number}} Item
 * @typedef {{_url: string, _items: Item[], _bytes: number, _flights: number, _until: number, _timer?: any}} Lane
 */
export class Outbox {
  /**
   * @param {{_isBrowser: boolean, _tries: number, _linger: number, _bounds: {events: number, bytes: number}, _headers: object, _debugId?: string}} settings
   * @param {import("./queue.js").Shelf} shelf
   * @param {{_count: (what: string, items: number) => void, _drop: (item: Item, reason: string, result?: object) => void, _debug?: object, _hasConsent: boolean}} owner
   */
  constructor(settings, shelf, owner) {
    this._settings = settings;
    this._shelf = shelf;
    this._owner = owner;
    /** @type {Map<string, Lane>} */
    this._lanes = new Map();
    this._total = this._bytes = this._flights = this._flying = 0;
    this._waiters = [];
  }

  /** How many wait or are on their way. */
  get waiting() {
    return this._total;
  }

  add(item) {
    const lane = this._lane(item.url);
    lane._items.push(item);
    lane._bytes += item.bytes;
    this._weigh([item], 1);
    this._keepBounds(lane);
    if (lane._items.length >= EVENTS || lane._bytes >= BYTES) this._pump(lane);
    else this._later(lane, this._settings._linger);
  }

  /** Send what is there, without waiting for more. True once nothing waits; false where the rest has to be tried again later. */
  flush(isPatient = false) {
    this._each((lane) => this._pump(lane));
    return new Promise((resolve) => {
      this._waiters.push({ resolve, isPatient });
      this._settle();
    });
  }

  /** Pauses are over, as the device is online again. */
  resume() {
    this._each((lane) => {
      lane._until = 0;
      this._pump(lane);
    });
  }

  /** The page may end now: what is there goes by beacon, else by `fetch`, else it is left to the next page. */
  leave() {
    this._each((lane) => {
      if (this._isPaused(lane)) return this._leave(lane, this._take(lane, Infinity));
      while (lane._items.length) {
        const part = this._take(lane, countFor(lane._items, LARGEST, Infinity));
        if (!this._settings._debugId && beacon(withParameter(lane._url, "hasty=true"), bodyOf(part))) this._sent(part);
        else this._fly(lane, part, true);
      }
    });
  }

  /** Take over what earlier pages left. */
  collect() {
    this._shelved().forEach((item) => this._lane(item.url)._items.push(item));
    this._each((lane) => this._order(lane, []));
    this.flush();
  }

  /** No more timers; what is still there is dropped. */
  end() {
    this._each((lane) => {
      clearTimeout(lane._timer);
      this._take(lane, Infinity).forEach((item) => this._drop(item, "gave_up"));
    });
  }

  _each(act) {
    this._lanes.forEach(act);
  }

  _lane(url) {
    let lane = this._lanes.get(url);
    if (!lane) this._lanes.set(url, (lane = { _url: url, _items: [], _bytes: 0, _flights: 0, _until: 0 }));
    return lane;
  }

  _isPaused(lane) {
    return (typeof navigator == "object" && navigator.onLine === false) || lane._until > Date.now();
  }

  _bounds(lane) {
    return this._settings._isBrowser && this._isPaused(lane) ? ON_DEVICE : this._settings._bounds;
  }

  _keepBounds(lane) {
    const { events, bytes } = this._total > ON_DEVICE.events || this._bytes > ON_DEVICE.bytes ? this._bounds(lane) : ON_DEVICE;
    while (lane._items.length && (this._total > events || this._bytes > bytes)) this._drop(this._take(lane, 1)[0], "full");
  }

  _later(lane, milliseconds) {
    if (lane._timer) return;
    lane._timer = setTimeout(() => {
      lane._timer = 0;
      this._pump(lane);
    }, Math.min(milliseconds, LONGEST_TIMER));
  }

  _pump(lane) {
    while (lane._items.length && !this._isPaused(lane)) {
      const count = countFor(lane._items);
      if (!this._mayFly(lane, sizeOf(lane._items.slice(0, count)))) return;
      const items = this._take(lane, count).filter((item) => Date.now() - item.made <= LASTS || this._drop(item, "expired"));
      if (items.length) this._fly(lane, items);
    }
    if (lane._items.length) this._later(lane, Math.max(lane._until - Date.now(), this._settings._linger));
  }

  /** Browsers take 64 KiB in flight that outlive the page; a service is polite. */
  _mayFly(lane, bytes) {
    if (!this._settings._isBrowser) return lane._flights < AT_ONCE;
    return !this._flying || this._flying + bytes <= LARGEST;
  }

  async _fly(lane, items, isLeaving) {
    const { _isBrowser, _headers, _debugId } = this._settings;
    const bytes = sizeOf(items);
    this._flying += bytes;
    this._flights++;
    lane._flights++;
    const url = _debugId ? withParameter(lane._url, "debug_id=" + _debugId) : lane._url;
    const answer = await ask(url, { method: "POST", headers: _headers, body: bodyOf(items), keepalive: _isBrowser });
    this._flying -= bytes;
    this._flights--;
    lane._flights--;
    this._land(lane, items, answer, isLeaving);
    this._pump(lane);
    this._settle();
  }

  _land(lane, items, { status, header, body }, isLeaving) {
    const attempt = items.reduce((most, item) => Math.max(most, item.tries), 0) + 1;
    const answer = outcomesOf(items.length, status, header("retry-after"), body, attempt);
    const { _outcomes, _wait, _results } = answer;
    if (this._owner._debug) this._owner._debug._answered(items, status, answer);
    const again = [];
    items.forEach((item, index) => {
      const outcome = _outcomes[index];
      if (outcome == "sent") this._sent([item]);
      else if (outcome == "again") this._mayTry(item) && again.push(item);
      else if (outcome != "halve") this._drop(item, outcome.slice(1), _results[index]);
    });
    if (_outcomes[0] == "halve") {
      const middle = items.length >> 1;
      this._fly(lane, items.slice(0, middle), isLeaving);
      this._fly(lane, items.slice(middle), isLeaving);
    }
    if (!again.length) return;
    lane._until = Math.max(lane._until, Date.now() + _wait * 1000 * jitter());
    const isHidden = this._settings._isBrowser && document.visibilityState == "hidden";
    if (isLeaving || isHidden) this._leave(lane, again);
    else this._order(lane, again);
  }

  _mayTry(item) {
    return ++item.tries < this._settings._tries || this._settings._isBrowser || this._drop(item, "gave_up");
  }

  /** Put back what goes again, before the younger. */
  _order(lane, again) {
    const { kept, dropped } = admit(again, lane._items, this._bounds(lane), Date.now());
    lane._items = kept;
    lane._bytes = kept.reduce((sum, item) => sum + item.bytes, 0);
    dropped.forEach(({ item, reason }) => this._drop(item, reason));
  }

  /** Leave events to the next page; where nothing may be stored they wait in this one, as long as it lives. */
  _leave(lane, items) {
    if (!this._owner._hasConsent) return this._order(lane, items);
    const { kept, dropped } = admit(this._shelved(), items, ON_DEVICE, Date.now());
    dropped.forEach(({ item, reason }) => this._drop(item, reason));
    if (this._shelf.put(kept)) {
      this._owner._count("left", kept.length);
      this._weigh(kept, -1);
    } else {
      kept.forEach((item) => this._lane(item.url)._items.push(item));
      this._each((lane) => this._order(lane, []));
    }
  }

  /** What lies on the device is this page's now. */
  _shelved() {
    const items = this._shelf.take();
    this._owner._count("given", items.length);
    this._weigh(items, 1);
    return items;
  }

  _take(lane, count) {
    const items = lane._items.splice(0, count);
    for (const item of items) lane._bytes -= item.bytes;
    return items;
  }

  _sent(items) {
    this._owner._count("sent", items.length);
    this._weigh(items, -1);
  }

  _drop(item, reason, result) {
    this._owner._drop(item, reason, result);
    this._weigh([item], -1);
  }

  _weigh(items, sign) {
    this._total += sign * items.length;
    for (const item of items) this._bytes += sign * item.bytes;
  }

  _settle() {
    if (this._flights) return;
    this._waiters = this._waiters.filter(({ resolve, isPatient }) => {
      const isOver = !this._total || !isPatient;
      if (isOver) resolve(!this._total);
      return !isOver;
    });
  }
}

const jitter = () => 0.8 + Math.random() * 0.4;
