/** Events on their way: grouped by intake, sent, tried again, and left to the next page. */

import { outcomesOf } from "./answers.js";
import { EVENTS, LARGEST, bodyOf, countFor, sizeOf } from "./batch.js";
import { LASTS, admit } from "./queue.js";
import { ask, beacon, withParameter } from "./transport.js";

const SERVICE_IN_FLIGHT = 200e3; // bytes
const ON_DEVICE = { events: 200, bytes: 256e3 };
const LONGEST_TIMER = 1e9; // beyond 2^31 a timer rings at once

/**
 * @typedef {{text: string, bytes: number, made: number, url: string, stream: string, tries: number}} Item
 * @typedef {{_items: Item[], _until: number, _timer?: any}} Lane what waits for one intake, and until when
 *
 * @param {{_isBrowser: boolean, _debugId: string, _headers: object, _linger: number, _tries: number, _bounds: {events: number, bytes: number}}} settings
 * @param {{put: (items: Item[]) => unknown, take: () => Item[]}} shelf
 * @param {{_count: (what: string, items: number) => void, _drop: (item: Item, reason: string, result?: object) => void,
 *   _answered: (items: Item[], status: number | undefined, answer: object) => void, _hasConsent: () => boolean}} owner
 */
export const outbox = ({ _isBrowser, _debugId, _headers, _linger, _tries, _bounds }, shelf, owner) => {
  /** @type {Map<string, Lane>} */
  const lanes = new Map();
  let waiters = [];
  let total = 0;
  let bytes = 0;
  let flights = 0;
  let flying = 0;

  const each = (act) => lanes.forEach(act);

  const weigh = (items, sign) => {
    total += sign * items.length;
    for (const item of items) bytes += sign * item.bytes;
  };

  const push = (item) => {
    let lane = lanes.get(item.url);
    if (!lane) lanes.set(item.url, (lane = { _items: [], _until: 0 }));
    lane._items.push(item);
    return lane;
  };

  const sent = (items) => {
    owner._count("sent", items.length);
    weigh(items, -1);
  };

  const drop = (item, reason, result) => {
    owner._drop(item, reason, result);
    weigh([item], -1);
  };

  const isPaused = (lane) => (globalThis.navigator || {}).onLine === false || lane._until > Date.now();

  const boundsOf = (lane) => (_isBrowser && isPaused(lane) ? ON_DEVICE : _bounds);

  const add = (item) => {
    const lane = push(item);
    weigh([item], 1);
    if (total > ON_DEVICE.events || bytes > ON_DEVICE.bytes) {
      const bounds = boundsOf(lane);
      while (lane._items[0] && (total > bounds.events || bytes > bounds.bytes)) drop(lane._items.shift(), "full");
    }
    const isFull = lane._items.length >= EVENTS || countFor(lane._items) < lane._items.length;
    if (isFull) pump(lane);
    else later(lane, _linger);
  };

  const later = (lane, milliseconds) => {
    if (lane._timer) return;
    lane._timer = setTimeout(() => {
      lane._timer = 0;
      pump(lane);
    }, Math.min(milliseconds, LONGEST_TIMER));
  };

  /** Send what may go now: browsers take 64 KiB in flight that outlive the page, and a service is polite. */
  const pump = (lane) => {
    const inFlight = _isBrowser ? LARGEST : SERVICE_IN_FLIGHT;
    while (lane._items.length && !isPaused(lane)) {
      const count = countFor(lane._items);
      if (flying && flying + sizeOf(lane._items.slice(0, count)) > inFlight) return; // it goes on when a flight lands
      const items = lane._items.splice(0, count).filter((item) => Date.now() - item.made <= LASTS || drop(item, "expired"));
      if (items.length) fly(lane, items);
    }
    if (lane._items.length) later(lane, Math.max(lane._until - Date.now(), _linger));
  };

  const fly = async (lane, items, isLeaving) => {
    const { url } = items[0];
    const size = sizeOf(items);
    flying += size;
    flights++;
    const address = _debugId ? withParameter(url, "debug_id=" + _debugId) : url;
    const answer = await ask(address, { method: "POST", headers: _headers, body: bodyOf(items), keepalive: _isBrowser });
    flying -= size;
    flights--;
    land(lane, items, answer, isLeaving);
    each(pump);
    settle();
  };

  const land = (lane, items, { _status, _header, _body }, isLeaving) => {
    const attempt = Math.max(...items.map((item) => item.tries)) + 1;
    const answer = outcomesOf(items.length, _status, _header("retry-after"), _body, attempt);
    owner._answered(items, _status, answer);
    const again = items.filter((item, index) => {
      const outcome = answer._outcomes[index];
      if (outcome == "again") return ++item.tries < _tries || _isBrowser || drop(item, "gave_up");
      if (outcome == "sent") sent([item]);
      else if (outcome != "halve") drop(item, outcome.slice(1), answer._results[index]);
    });
    if (answer._outcomes[0] == "halve") {
      fly(lane, items.splice(0, items.length >> 1), isLeaving);
      fly(lane, items, isLeaving);
    }
    if (!again.length) return;
    lane._until = Math.max(lane._until, Date.now() + answer._wait * 1000 * (0.8 + Math.random() * 0.4));
    if (isLeaving || (_isBrowser && document.hidden)) leaveTo(lane, again);
    else order(lane, again);
  };

  /** Put back what goes again, before the younger. */
  const order = (lane, again) => {
    lane._items = admit(again.concat(lane._items), boundsOf(lane), Date.now(), drop);
  };

  /** Leave events to the next page; where nothing may be stored they wait in this one, as long as it lives. */
  const leaveTo = (lane, items) => {
    if (!owner._hasConsent()) return order(lane, items);
    const kept = admit(fromShelf().concat(items), ON_DEVICE, Date.now(), drop);
    if (shelf.put(kept)) {
      owner._count("left", kept.length);
      weigh(kept, -1);
    } else kept.forEach(push);
  };

  /** What lies on the device is this page's now. */
  const fromShelf = () => {
    const items = shelf.take();
    owner._count("given", items.length);
    weigh(items, 1);
    return items;
  };

  const settle = () => {
    if (!flights) waiters = waiters.filter(({ resolve, isPatient }) => (total && isPatient) || resolve(!total));
  };

  return {
    add,

    /** How many wait or are on their way. */
    waiting: () => total,

    /** Send what is there, without waiting for more. True once nothing waits; false, unless one is patient, where the rest has to wait. */
    flush: (isPatient) => {
      each(pump);
      return new Promise((resolve) => {
        waiters.push({ resolve, isPatient });
        settle();
      });
    },

    /** Pauses are over, as the device is online again. */
    resume: () =>
      each((lane) => {
        lane._until = 0;
        pump(lane);
      }),

    /** The page may end now: what is there goes by beacon, else by `fetch`, else it is left to the next page. */
    leave: () =>
      each((lane) => {
        if (isPaused(lane)) return leaveTo(lane, lane._items.splice(0));
        while (lane._items.length) {
          const items = lane._items.splice(0, countFor(lane._items, LARGEST, Infinity));
          if (!_debugId && beacon(withParameter(items[0].url, "hasty=true"), bodyOf(items))) sent(items);
          else fly(lane, items, true);
        }
      }),

    /** Take over what earlier pages left. */
    collect: () => {
      fromShelf().forEach(push);
      each((lane) => order(lane, []));
      each(pump);
    },

    /** What waits is dropped, for this reason. */
    end: (reason) =>
      each((lane) => {
        clearTimeout(lane._timer);
        lane._items.splice(0).forEach((item) => drop(item, reason));
      }),
  };
};
