/** What becomes of each event of a batch by the intake's answer. */

const SENT = ["accepted", "hasty", "spooled", "duplicate"];
const AGAIN = ["limited", "failed"];
const LONGEST_PAUSE = 60;

/**
 * @param {number} count how many events the batch has
 * @param {number | null} status null: there was no answer
 * @param {string | null | undefined} retryAfter the header
 * @param {string} body
 * @param {number} attempt how often the batch was sent, this time included
 * @returns {{_outcomes: string[], _wait: number, _results: object[]}} of each event `sent`, `again`, `halve`, or `!` and the reason of its drop
 */
export function outcomesOf(count, status, retryAfter, body, attempt) {
  const document = parsed(body) || {};
  const byIndex = Array.isArray(document.results) && document.results.length ? indexed(document.results) : undefined;
  const outcomes = [];
  for (let index = 0; index < count; index++) {
    outcomes.push(byIndex ? outcomeOf(byIndex[index]) : outcomeOfAll(status, document, count));
  }
  const wait = outcomes.includes("again") ? pauseOf(retryAfter, attempt) : 0;
  return { _outcomes: outcomes, _wait: wait, _results: byIndex || [] };
}

/** The seconds to wait before the next attempt, without what is random in it. */
export function pauseOf(retryAfter, attempt) {
  return retryAfter > 0 ? +retryAfter : Math.min(LONGEST_PAUSE, 2 ** (attempt - 1));
}

function outcomeOf(result) {
  if (!result || AGAIN.includes(result.result) || !result.result) return "again";
  return SENT.includes(result.result) ? "sent" : "!" + (result.code || result.result);
}

function outcomeOfAll(status, { code }, count) {
  if (!status || status == 429 || status >= 500) return "again";
  if (status < 300) return "sent";
  if (status == 413) return count > 1 ? "halve" : "!too_large";
  return "!" + (typeof code == "string" ? code : status);
}

function indexed(results) {
  const found = [];
  for (const result of results) if (result && result.index >= 0) found[result.index] = result;
  return found;
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
