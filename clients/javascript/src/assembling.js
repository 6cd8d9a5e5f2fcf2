/** The event that goes out: the caller's, with what the client sets; and its text. */

import { newUuid } from "./identifiers.js";
import { fill, isObject, own } from "./paths.js";

/**
 * A new event; the caller's stays as it is.
 * @param {string} stream
 * @param {object | undefined} event
 * @param {{schema?: string | null, fields?: string[], older?: object}} entry the stream's
 * @param {{fields?: string[], older?: object} | null | undefined} instrument
 * @param {(path: string) => unknown} lookup what the context holds at a path
 * @param {string | undefined} domain
 * @param {number} now
 */
export const assemble = (stream, event, entry, instrument, lookup, domain, now) => {
  const made = { $schema: entry.schema || undefined, ...event };
  made.meta = { ...(isObject(made.meta) && made.meta), stream };
  const isOlder = made.client_dt !== undefined;
  if (isOlder) delete made.dt;
  for (const path of [entry, instrument || {}].flatMap((part) => own(part.older, made.$schema) || part.fields || [])) {
    let value;
    if (path == "meta.id") value = newUuid();
    else if (path == "meta.domain") value = domain;
    else if (path != "dt") value = lookup(path);
    else if (!isOlder) value = new Date(now).toJSON();
    if (value != null) fill(made, path.split("."), value);
  }
  return made;
};

/**
 * An event as text. Halves of characters, which JSON can write and no reader of it takes, become U+FFFD.
 * @throws where it can't be written: circles, BigInt, getters that throw
 */
export const textOf = (event) => JSON.stringify(event).replace(/\\\\|\\ud[89a-f]../g, (found) => (found[1] == "u" ? "\ufffd" : found));

const encoder = new TextEncoder();

/** The length of a text in UTF-8. */
export const bytesOf = (text) => encoder.encode(text).length;
