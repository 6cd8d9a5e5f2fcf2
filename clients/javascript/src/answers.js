/** What becomes of each event of a batch by the intake's answer. */

import { parsed } from "./attempt.js";

const LONGEST_PAUSE = 60;
const DAY = 86400; // nobody is waited for longer; beyond 2^31 milliseconds a timer would ring at once

/**
 * What becomes of one event: `sent`, `again`, `halve`, or `!` and the reason of its drop.
 * @param {{result?: string, code?: string} | null | undefined} found the event's own result, where the answer has results
 * @param {number | null | undefined} status none: there was no answer
 * @param {{results?: object[], code?: unknown}} answer
 * @param {number} count how many events the batch has
 */
export const outcomeOf = (found, status, { results, code }, count) => {
  if (Array.isArray(results) && results.length) {
    const { result, code } = found || {};
    if (!result || /^(limited|failed)$/.test(result)) return "again";
    return /^(accepted|hasty|spooled|duplicate)$/.test(result) ? "sent" : "!" + (code || result);
  }
  if (!status || status == 429 || status >= 500) return "again";
  if (status < 300) return "sent";
  if (status == 413) return count > 1 ? "halve" : "!too_large";
  if (status == 400 && count > 1) return "halve"; // one event may be at fault for all of them
  return "!" + (typeof code == "string" ? code : status);
};

/** The result of the event at a place of the batch. */
export const resultOf = ({ results }, index) => (Array.isArray(results) ? results : []).find((one) => one && one.index == index);

/**
 * The seconds until the next attempt, without what is random in them.
 * @param {string | null | undefined} retryAfter the header
 * @param {number} attempt how often the batch was sent, this time included
 */
export const waitOf = (retryAfter, attempt) => (retryAfter > 0 ? Math.min(DAY, retryAfter) : Math.min(LONGEST_PAUSE, 2 ** (attempt - 1)));

/**
 * What becomes of the events of a request.
 * @param {number} status
 * @param {string | null} retryAfter
 * @param {string} body
 * @param {number} count how many events it had
 * @param {number} attempt how often they were sent, this time included
 * @returns {{wait: number, of: (index: number) => [string, object?]}} the seconds until the next attempt, and each event's outcome and own result
 */
export const fates = (status, retryAfter, body, count, attempt) => {
  const answer = Object(parsed(body));
  const of = (index) => {
    const result = resultOf(answer, index);
    return [outcomeOf(result, status, answer, count), result];
  };
  return { wait: waitOf(retryAfter, attempt), of };
};
