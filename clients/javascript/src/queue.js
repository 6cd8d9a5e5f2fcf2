/** What waits: its bounds, its order, and the device's storage for the next page. */

import { attempt } from "./attempt.js";
import { newId } from "./identifiers.js";

const KEY = "eventplatform.queue.";
const LASTS = 7 * 864e5;

/**
 * What waits, oldest first, once the bounds are kept; `drop` is told of what has to go.
 * @template {{made: number, bytes: number}} Item
 * @param {Item[]} items in the order of their coming
 * @param {{events: number, bytes: number}} bounds
 * @param {number} now
 * @param {(item: Item, reason: string) => void} drop
 */
export const admit = (items, bounds, now, drop) => {
  let bytes = 0;
  const kept = items.filter((item) => {
    const reason = now - item.made > LASTS ? "expired" : item.bytes > bounds.bytes && "full";
    if (reason) drop(item, reason);
    else bytes += item.bytes;
    return !reason;
  });
  kept.sort((one, other) => one.made - other.made);
  while (kept.length > bounds.events || bytes > bounds.bytes) {
    bytes -= kept[0].bytes;
    drop(kept.shift(), "full");
  }
  return kept;
};

/**
 * The device's storage. Each page writes under keys of its own, so that none overwrites another's.
 * @param {Storage | undefined} storage
 */
export const shelf = (storage) => ({
  /** Whether the events now lie in the storage, which may be full. */
  put: (items) => attempt(() => [storage.setItem(KEY + newId(), JSON.stringify(items))]),

  /** All that lies there, which is then gone from it. */
  take: () => {
    const found = [];
    for (const key of Object.keys(Object(storage))) {
      if (!key.startsWith(KEY)) continue;
      attempt(() => {
        const items = storage.getItem(key);
        storage.removeItem(key);
        for (const item of JSON.parse(items)) if (item.text) found.push(item);
      });
    }
    return found;
  },
});
