/** What becomes of each event of a batch by the intake's answer. */

import { parsed } from "./attempt.js";

const LONGEST_PAUSE = 60;

/**
 * @param {number} count how many events the batch has
 * @param {number | null | undefined} status none: there was no answer
 * @param {string | null | undefined} retryAfter the header
 * @param {string} body
 * @param {number} attempt how often the batch was sent, this time included
 * @returns {{_outcomes: string[], _wait: number, _results: object[]}} of each event `sent`, `again`, `halve`, or `!` and the reason of its
 * drop; the seconds until the next attempt, without what is random in them; the intake's results by the events' places
 */
export const outcomesOf = (count, status, retryAfter, body, attempt) => {
  const { results, code } = Object(parsed(body));
  const each = Array.isArray(results) ? results : [];
  const _results = [];
  for (const result of each) if (result) _results[result.index] = result;
  const all = outcomeOfAll(status, code, count);
  return {
    _outcomes: Array.from({ length: count }, (_, index) => (each.length ? outcomeOf(_results[index] || {}) : all)),
    _wait: retryAfter > 0 ? +retryAfter : Math.min(LONGEST_PAUSE, 2 ** (attempt - 1)),
    _results,
  };
};

const outcomeOf = ({ result, code }) => {
  if (!result || /^(limited|failed)$/.test(result)) return "again";
  return /^(accepted|hasty|spooled|duplicate)$/.test(result) ? "sent" : "!" + (code || result);
};

const outcomeOfAll = (status, code, count) => {
  if (!status || status == 429 || status >= 500) return "again";
  if (status < 300) return "sent";
  if (status == 413) return count > 1 ? "halve" : "!too_large";
  if (status == 400 && count > 1) return "halve"; // one event may be at fault for all of them
  return "!" + (typeof code == "string" ? code : status);
};
