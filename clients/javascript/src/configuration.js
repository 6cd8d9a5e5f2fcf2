/** What the platform says: asked for once and again, and the last good answer holds. */

import { offsetOf } from "./clock.js";
import { isObject } from "./paths.js";

const CONTRACT = 1;
const REFRESH = 60;
const LONGEST_PAUSE = 300;

/** The address of a client's configuration. */
export function addressOf(platformUrl, { streams, instruments, site }) {
  const asked = [["streams", streams && streams.join("|")], ["instruments", instruments && instruments.join("|")], ["scope", site]];
  const query = asked.filter(([, value]) => value).map(([name, value]) => name + "=" + encodeURIComponent(value));
  return String(platformUrl).replace(/\/+$/, "") + "/api/v1/client" + (query.length ? "?" + query.join("&") : "");
}

export class Configuration {
  /** @type {object | undefined} the answer that holds */
  current;
  offset = 0;
  etag;
  failures = 0;

  /** Note an answer at a moment of the device's clock; the seconds until the next question, without what is random in them. */
  note(status, header, body, received) {
    const document = status == 200 ? documentOf(body) : status == 304 && this.current;
    if (!document) return Math.min(LONGEST_PAUSE, 2 ** this.failures++);
    this.failures = 0;
    this.offset = offsetOf(header("date"), received);
    if (status == 200) this.etag = header("etag");
    this.current = document;
    return document.refresh_seconds > 0 ? +document.refresh_seconds : REFRESH;
  }
}

function documentOf(body) {
  try {
    const document = JSON.parse(body);
    return document.contract == CONTRACT && isObject(document.streams) && document;
  } catch {
    return undefined;
  }
}
