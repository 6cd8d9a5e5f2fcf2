/** The server's clock, and which sample holds at a moment of it. */

/**
 * What to add to the device's clock for the server's.
 * @param {string | null | undefined} date the answer's Date header
 * @param {number} received milliseconds of the device's clock
 */
export function offsetOf(date, received) {
  return (date && Date.parse(date) - received) || 0;
}

/**
 * The sample of an entry at a moment of the server's clock: the last change that has come, else the entry's own.
 * @param {{sample?: unknown, changes?: {at: string, sample: unknown}[]}} entry
 * @param {number} now
 */
export function sampleAt(entry, now) {
  let sample = entry.sample;
  for (const change of entry.changes || []) {
    if (momentOf(change.at) <= now) sample = change.sample;
  }
  return sample;
}

/** Moments as they were written, so that each is read once; a configuration names few. */
const moments = new Map();

function momentOf(text) {
  if (!moments.has(text)) moments.set(text, Date.parse(text));
  return moments.get(text);
}
