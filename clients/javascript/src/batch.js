/** Events that go together in one request. */

export const EVENTS = 50;
export const BYTES = 48e3;
export const LARGEST = 60e3; // browsers take 64 KiB in flight

export const bodyOf = (items) => `[${items.map((item) => item.text)}]`;

/**
 * How many of the first events go into one request.
 * @param {{bytes: number}[]} items
 * @param {number} bytes what a request may hold
 * @param {number} events
 */
export const countFor = (items, bytes = BYTES, events = EVENTS) => {
  let count = 0;
  for (const item of items) {
    bytes -= item.bytes + 1;
    if (count == events || (bytes < 1 && count)) break;
    count++;
  }
  return count;
};
