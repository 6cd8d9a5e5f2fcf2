/** The server's clock, and which sample holds at a moment of it. */

/**
 * What to add to the device's clock for the server's.
 * @param {string | null | undefined} date the answer's Date header
 * @param {number} received milliseconds of the device's clock
 */
export const offsetOf = (date, received) => Date.parse(date) - received || 0;

/**
 * The sample of an entry at a moment of the server's clock: the last change that has come, else the entry's own.
 * @param {{sample?: unknown, changes?: {at: string, sample: unknown}[]}} entry
 * @param {number} now
 */
export const sampleAt = ({ sample, changes = [] }, now) =>
  changes.reduce((held, change) => (Date.parse(change.at) <= now ? change.sample : held), sample);
