/** What waits: its bounds, its order, and the device's storage for the next page. */

import { newId } from "./identifiers.js";

const KEY = "eventplatform.queue.";
export const LASTS = 7 * 864e5;

/**
 * What waits once some more arrives, oldest first, and what has to go for it.
 * @param {{made: number, bytes: number}[]} waiting
 * @param {{made: number, bytes: number}[]} arriving
 * @param {{events: number, bytes: number}} bounds
 * @param {number} now
 */
export function admit(waiting, arriving, bounds, now) {
  const dropped = [];
  const drop = (item, reason) => dropped.push({ item, reason });
  const kept = waiting.concat(arriving).filter((item) => {
    const reason = now - item.made > LASTS ? "expired" : item.bytes > bounds.bytes ? "full" : "";
    if (reason) drop(item, reason);
    return !reason;
  });
  kept.sort((one, other) => one.made - other.made);
  let bytes = kept.reduce((sum, item) => sum + item.bytes, 0);
  let first = 0;
  while (kept.length - first > bounds.events || bytes > bounds.bytes) {
    bytes -= kept[first].bytes;
    drop(kept[first++], "full");
  }
  return { kept: kept.slice(first), dropped };
}

/** The device's storage. Each page writes under a key of its own, so that none overwrites another's. */
export class Shelf {
  /** @param {Storage | undefined} storage */
  constructor(storage) {
    this._storage = storage;
  }

  /** Whether the events now lie in the storage. */
  put(items) {
    try {
      if (items.length) this._storage.setItem(KEY + newId(), JSON.stringify(items));
      return true;
    } catch {
      return false; // none, full, or closed to private windows
    }
  }

  /** All that lies there, which is then gone from it; what two pages left twice comes once. */
  take() {
    const found = new Map();
    for (const key of this._keys()) {
      try {
        const written = this._storage.getItem(key);
        this._storage.removeItem(key);
        for (const item of JSON.parse(written) || []) if (item.text) found.set(item.text, item);
      } catch {
        // something else wrote there
      }
    }
    return [...found.values()];
  }

  _keys() {
    try {
      return Object.keys(this._storage).filter((key) => key.startsWith(KEY));
    } catch {
      return [];
    }
  }
}
