/** Events on their way: grouped by intake, sent, tried again, and left to the next page. */

import { outcomesOf } from "./answers.js";
import { bytesOf } from "./assembling.js";
import { BYTES, EVENTS, LARGEST, bodyOf, countFor } from "./batch.js";
import { tellAnswer } from "./debug.js";
import { admit } from "./queue.js";
import { ask, beacon, isBrowser, jittered, withParameter } from "./transport.js";

const SERVICE_IN_FLIGHT = 200e3; // bytes
const ON_DEVICE = { events: 200, bytes: 256e3 };
const LONGEST_TIMER = 1e9; // beyond 2^31 a timer rings at once

/**
 * @typedef {{text: string, bytes: number, made: number, url: string, stream: string, tries: number}} Item
 * @typedef {{_items: Item[], _until: number, _timer?: any}} Lane what waits for one intake, and until when
 *
 * @param {object} core see client.js
 * @param {{put: (items: Item[]) => unknown, take: () => Item[]}} shelf
 */
export const outbox = (core, shelf) => {
  const { linger, tries, bounds, headers } = core._options;
  /** @type {Map<string, Lane>} */
  const lanes = new Map();
  const flights = new Set();
  let total = 0;
  let bytes = 0;
  let flying = 0;

  const each = (act) => lanes.forEach(act);

  const weigh = (items, sign) => {
    for (const item of items) {
      total += sign;
      bytes += sign * item.bytes;
    }
  };

  const push = (item) => {
    let lane = lanes.get(item.url);
    if (!lane) lanes.set(item.url, (lane = { _items: [], _until: 0 }));
    lane._items.push(item);
    return lane;
  };

  const leave = (items, where) => {
    core._counts[where] += items.length;
    weigh(items, -1);
  };

  const drop = (item, reason, result) => {
    weigh([item], -1);
    core._lose(item.stream, reason, item.text, result);
  };

  const isPaused = (lane) => lane._until > Date.now() || (globalThis.navigator || {}).onLine === false;

  const boundsOf = (lane) => (isBrowser && isPaused(lane) ? ON_DEVICE : bounds);

  const add = (item) => {
    const lane = push(item);
    const most = boundsOf(lane);
    weigh([item], 1);
    while (lane._items[0] && (total > most.events || bytes > most.bytes)) drop(lane._items.shift(), "full");
    if (lane._items.length >= EVENTS || countFor(lane._items) < lane._items.length) pump(lane);
    else later(lane, linger);
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
    const items = lane._items;
    while (items.length && !isPaused(lane)) {
      if (flying > (isBrowser ? LARGEST - BYTES : SERVICE_IN_FLIGHT)) return; // it goes on when a flight lands
      fly(lane, items.splice(0, countFor(items)));
    }
    if (items.length) later(lane, Math.max(lane._until - Date.now(), linger));
  };

  const fly = (lane, items, isLeaving) => {
    const body = bodyOf(items);
    const size = bytesOf(body);
    const address = core._debugId ? withParameter(items[0].url, "debug_id=" + core._debugId) : items[0].url;
    const flight = ask(address, { method: "POST", headers, body, keepalive: isBrowser }).then((answer) => {
      flying -= size;
      flights.delete(flight);
      land(lane, items, answer, isLeaving);
      each(pump);
    });
    flying += size;
    flights.add(flight);
  };

  const land = (lane, items, { _status, _header, _body }, isLeaving) => {
    const attempt = Math.max(...items.map((item) => item.tries)) + 1;
    const answer = outcomesOf(items.length, _status, _header("retry-after"), _body, attempt);
    if (core._debugId) tellAnswer(items, _status, answer);
    const again = items.filter((item, index) => {
      const outcome = answer._outcomes[index];
      if (outcome == "again") return ++item.tries < tries || isBrowser || drop(item, "gave_up");
      if (outcome == "sent") leave([item], outcome);
      else if (outcome != "halve") drop(item, outcome.slice(1), answer._results[index]);
    });
    if (answer._outcomes[0] == "halve") {
      fly(lane, items.splice(0, items.length >> 1), isLeaving);
      fly(lane, items, isLeaving);
    }
    if (!again[0]) return;
    lane._until = Math.max(lane._until, Date.now() + jittered(answer._wait));
    if (isLeaving || (isBrowser && document.hidden)) leaveTo(lane, again);
    else order(lane, again);
  };

  /** Put back what goes again, before the younger. */
  const order = (lane, again) => {
    const items = again.concat(lane._items.splice(0));
    lane._items.push(...admit(items, boundsOf(lane), Date.now(), drop));
  };

  /** Leave events to the next page; where nothing may be stored they wait in this one, as long as it lives. */
  const leaveTo = (lane, items) => {
    if (!core._hasConsent) return order(lane, items);
    const kept = admit(fromShelf().concat(items), ON_DEVICE, Date.now(), drop);
    if (shelf.put(kept)) leave(kept, "left");
    else kept.forEach(push);
  };

  /** What lies on the device is this page's now. */
  const fromShelf = () => {
    const items = shelf.take();
    core._counts.given += items.length;
    weigh(items, 1);
    return items;
  };

  return {
    _add: add,

    /** How many wait or are on their way. */
    _waiting: () => total,

    /** Send what is there, without waiting for more; true once nothing waits, false where the rest has to be tried again later. */
    _flush: async () => {
      each(pump);
      while (flights.size) await Promise.all(flights);
      return !total;
    },

    /** Pauses are over, as the device is online again. */
    _resume: () =>
      each((lane) => {
        lane._until = 0;
        pump(lane);
      }),

    /** The page may end now: what is there goes by beacon, else it is left to the next page, or where nothing may be stored tried by `fetch`. */
    _leave: () =>
      each((lane) => {
        if (isPaused(lane)) return leaveTo(lane, lane._items.splice(0));
        const refused = [];
        while (lane._items[0]) {
          const items = lane._items.splice(0, countFor(lane._items, LARGEST, Infinity));
          if (!core._debugId && beacon(withParameter(items[0].url, "hasty=true"), bodyOf(items))) leave(items, "sent");
          else if (core._debugId || !core._hasConsent) fly(lane, items, true);
          else refused.push(...items);
        }
        // `fetch` shares the beacons' room and would refuse them too, but later: when the page is gone, and nobody hears of it.
        if (refused[0]) leaveTo(lane, refused);
      }),

    /** Take over what earlier pages left. */
    _collect: () => {
      fromShelf().forEach(push);
      each((lane) => {
        order(lane, []);
        pump(lane);
      });
    },

    /** What waits is dropped, for this reason. */
    _end: (reason) =>
      each((lane) => {
        clearTimeout(lane._timer);
        lane._timer = 0;
        lane._items.splice(0).forEach((item) => drop(item, reason));
      }),
  };
};
