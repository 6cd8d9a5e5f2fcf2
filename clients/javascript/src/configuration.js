/** What the platform says: asked for once and again, and the last good answer holds. */

import { attempt } from "./attempt.js";
import { offsetOf } from "./clock.js";
import { isObject } from "./paths.js";

const CONTRACT = 1;
const REFRESH = 60;
const LONGEST_PAUSE = 300;

/** The address of a client's configuration. */
export const addressOf = (platformUrl, { streams, instruments, site }) => {
  const given = Object.entries({ streams, instruments, scope: site }).filter(([, value]) => value);
  const query = given.map(([name, value]) => [name, [].concat(value).join("|")]); // one name may be given without a list
  return String(platformUrl).replace(/\/*$/, "/api/v1/client?") + new URLSearchParams(query);
};

/**
 * Note an answer at a moment of the device's clock; the seconds until the next question, without what is random in them.
 * @param {{_current?: object, _offset?: number, _etag?: string | null, _failures: number}} held the answer that holds, and what to ask with
 * @param {{_status?: number, _body?: string, _header: (name: string) => string | null | undefined}} answer
 * @param {number} received
 */
export const note = (held, { _status, _body, _header }, received) => {
  const document = _status == 200 ? attempt(() => JSON.parse(_body)) : !IS_PAGE && _status == 304 && held._current; // a browser's own cache answers 200
  if (document?.contract !== CONTRACT || !isObject(document.streams)) return Math.min(LONGEST_PAUSE, 2 ** held._failures++);
  held._failures = 0;
  held._offset = offsetOf(_header("date"), received);
  if (!IS_PAGE && _status == 200) held._etag = _header("etag");
  held._current = document;
  return document.refresh_seconds > 0 ? +document.refresh_seconds : REFRESH;
};
