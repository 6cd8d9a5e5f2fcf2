/** Events on their way: grouped by intake, sent, tried again, and left to the next page. */

import { bytesOf } from "./assembling.js";
import { BYTES, EVENTS, LARGEST, bodyOf, countFor } from "./batch.js";
import { admit } from "./queue.js";
import { ask, beacon, browser, jittered, pause, withParameter } from "./transport.js";

const SERVICE_IN_FLIGHT = 200e3; // bytes
const ON_DEVICE = { events: 200, bytes: 256e3 };
const LONGEST_PAUSE = 60;
const UNREAD = 9; // so often events go again whose answer nobody can read: one that is refused must not hold up the others for good

/**
 * @typedef {{text: string, bytes: number, made: number, url: string, stream: string, tries: number}} Item
 * @typedef {Item[] & {_until?: number, _timer?: any}} Lane what waits for one intake, and until when
 *
 * @param {object} core see client.js
 * @param {{put: (items: Item[]) => unknown, take: () => Item[]}} shelf
 */
export const outbox = (core, shelf) => {
  const { linger, tries = 5, bounds, headers } = core._options;
  const counts = core._counts;
  /** @type {Record<string, Lane>} */
  const lanes = {};
  let bytes = 0;
  let flying = 0;

  const each = (act) => Object.values(lanes).forEach(act);

  const push = (item) => {
    const lane = (lanes[item.url] = lanes[item.url] || []);
    lane.push(item);
    return lane;
  };

  const leave = (items, where) => {
    for (const item of items) {
      counts[where]++;
      counts.waiting--;
      bytes -= item.bytes;
    }
  };

  const drop = (item, reason, result) => {
    bytes -= item.bytes;
    core._lose(item.stream, reason, item.text, result);
  };

  const isPaused = (lane) => lane._until > Date.now() || (IS_PAGE ? !browser.onLine : browser.onLine === false);

  const boundsOf = (lane) => (IS_PAGE && isPaused(lane) ? ON_DEVICE : bounds);

  const add = (item) => {
    const lane = push(item);
    const most = boundsOf(lane);
    bytes += item.bytes;
    while (lane[0] && (counts.waiting > most.events || bytes > most.bytes)) drop(lane.shift(), "full");
    if (lane.length >= EVENTS || countFor(lane) < lane.length) pump(lane);
    else later(lane, linger);
  };

  const later = (lane, milliseconds) => {
    lane._timer =
      lane._timer ||
      setTimeout(() => {
        lane._timer = 0;
        pump(lane);
      }, milliseconds);
  };

  /** Send what may go now: browsers take 64 KiB in flight that outlive the page, and a service is polite. */
  const pump = (lane) => {
    while (lane[0] && !isPaused(lane)) {
      if (flying > (IS_PAGE ? LARGEST - BYTES : SERVICE_IN_FLIGHT)) return; // it goes on when a flight lands
      fly(lane, lane.splice(0, countFor(lane)));
    }
    if (lane[0]) later(lane, Math.max(lane._until - Date.now() || 0, linger));
  };

  const fly = async (lane, items) => {
    const body = bodyOf(items);
    const size = bytesOf(body);
    const { url, tries: before } = items[0];
    flying += size;
    const address = core._debugId ? withParameter(url, "debug_id=" + core._debugId) : url;
    const { _status, _header, _body } = await ask(address, { method: "POST", headers, body, keepalive: IS_PAGE });
    const isTaken = _status < 300 && !/"results"/.test(_body);
    // What an answer says beyond "taken" the second file reads; until it can be had, events go again.
    if (!isTaken && _status) await core._load();
    const { fates } = core._parts;
    const found = fates
      ? fates(_status, _header("retry-after"), _body, items.length, before + 1)
      : { wait: Math.min(LONGEST_PAUSE, 2 ** before), of: () => [isTaken ? "sent" : before > UNREAD && _status < 429 ? "!gave_up" : "again"] };
    flying -= size;
    land(lane, items, found, _status);
    each(pump);
  };

  const land = (lane, items, { wait, of }, status) => {
    const halves = [];
    const again = items.filter((item, index) => {
      const [outcome, result] = of(index);
      core._tell(item.text, `answer ${status} ${outcome}`, item.stream, result);
      if (outcome == "again") {
        item.tries++;
        return (!core._isClosed && (IS_PAGE || item.tries < tries)) || drop(item, "gave_up");
      }
      if (outcome == "sent") leave([item], outcome);
      else if (outcome == "halve") halves.push(item);
      else drop(item, outcome.slice(1), result);
    });
    if (halves[0]) {
      fly(lane, halves.splice(0, halves.length >> 1));
      fly(lane, halves);
    }
    if (!again[0]) return;
    lane._until = Math.max(lane._until || 0, Date.now() + jittered(wait));
    if (IS_PAGE && document.hidden) leaveTo(lane, again);
    else order(lane, again);
  };

  const within = (most, items) => admit(items, most, Date.now(), drop);

  /** Put back what goes again, before the younger. */
  const order = (lane, again) => lane.push(...within(boundsOf(lane), again.concat(lane.splice(0))));

  /** Leave events to the next page; where nothing may be stored they wait in this one, as long as it lives. */
  const leaveTo = (lane, items) => {
    if (!items[0]) return;
    if (!core._hasConsent) return order(lane, items);
    const kept = within(ON_DEVICE, fromShelf().concat(items));
    if (shelf.put(kept)) leave(kept, "left");
    else kept.forEach(push);
  };

  /** What lies on the device is this page's now. */
  const fromShelf = () => {
    const items = shelf.take();
    for (const item of items) {
      core._give();
      bytes += item.bytes;
    }
    return items;
  };

  return {
    _add: add,

    /** Send what is there, without waiting for more. */
    _pump: () => each(pump),

    /** True once nothing waits, false where the rest has to be tried again later. */
    _flush: async () => {
      each(pump);
      while (flying) await pause(20);
      return !counts.waiting;
    },

    /** Pauses are over, as the device is online again. */
    _resume: () => {
      each((lane) => {
        lane._until = 0;
        pump(lane);
      });
    },

    /** The page may end now: what is there goes by beacon, else it is left to the next page, or where nothing may be stored tried by `fetch`. */
    _leave: () =>
      each((lane) => {
        const refused = [];
        while (lane[0] && !isPaused(lane)) {
          const items = lane.splice(0, countFor(lane, LARGEST, Infinity));
          if (!core._debugId && beacon(withParameter(items[0].url, "hasty=true"), bodyOf(items))) leave(items, "sent");
          else if (core._debugId || !core._hasConsent) fly(lane, items);
          else refused.push(...items);
        }
        // `fetch` shares the beacons' room and would refuse them too, but later: when the page is gone, and nobody hears of it.
        leaveTo(lane, refused.concat(lane.splice(0)));
      }),

    /** Take over what earlier pages left. */
    _collect: () => {
      fromShelf().forEach(push);
      each((lane) => {
        order(lane, []);
        pump(lane);
      });
    },

    /** What lies on the device is dropped, for this reason. */
    _clear: (reason) => fromShelf().forEach((item) => drop(item, reason)),

    /** What waits is dropped, for this reason. */
    _end: (reason) =>
      each((lane) => {
        if (!IS_PAGE) lane._timer = clearTimeout(lane._timer); // a process would wait for it
        lane.splice(0).forEach((item) => drop(item, reason));
      }),
  };
};
