/** What the platform says: asked for once and again, and the last good answer holds. */

import { parsed } from "./attempt.js";
import { offsetOf } from "./clock.js";
import { isObject } from "./paths.js";

const CONTRACT = 1;
const REFRESH = 60;
const LONGEST_PAUSE = 300;

/** One name may be given without a list. */
const listed = (names) => [].concat(names || []).join("|");

/** The address of a client's configuration. */
export const addressOf = (platformUrl, { streams, instruments, site }) => {
  const asked = { streams: listed(streams), instruments: listed(instruments), scope: site };
  const query = Object.entries(asked).filter(([, value]) => value);
  return String(platformUrl).replace(/\/*$/, "/api/v1/client?") + new URLSearchParams(query);
};

/**
 * Note an answer at a moment of the device's clock; the seconds until the next question, without what is random in them.
 * @param {{_current?: object, _offset?: number, _etag?: string | null, _failures: number}} held the answer that holds, and what to ask with
 * @param {{_status?: number, _body?: string, _header: (name: string) => string | null | undefined}} answer
 * @param {number} received
 */
export const note = (held, { _status, _body, _header }, received) => {
  const document = _status == 200 ? Object(parsed(_body)) : _status == 304 && held._current;
  if (!document || document.contract !== CONTRACT || !isObject(document.streams)) return Math.min(LONGEST_PAUSE, 2 ** held._failures++);
  held._failures = 0;
  held._offset = offsetOf(_header("date"), received);
  if (_status == 200) held._etag = _header("etag");
  held._current = document;
  return document.refresh_seconds > 0 ? +document.refresh_seconds : REFRESH;
};
