/** The event that goes out: the caller's, with what the client sets; and its text. */

import { fill, isObject, own } from "./paths.js";

const SET_BY_CLIENT = ["meta.stream", "meta.id", "meta.domain", "dt"];

/**
 * A new event; the caller's stays as it is.
 * @param {string} stream
 * @param {object} event
 * @param {{schema?: string | null, fields?: string[]}} entry the stream's
 * @param {{fields?: string[]} | null | undefined} instrument
 * @param {{_now: number, _id: () => string, _domain?: string, _lookup: (path: string) => unknown}} call
 */
export function assemble(stream, event, entry, instrument, call) {
  const made = { ...event };
  const meta = own(made, "meta");
  const given = isObject(meta) ? meta : {};
  const fields = entry.fields || [];
  if (own(made, "$schema") === undefined && entry.schema) made.$schema = entry.schema;
  made.meta = { ...given, stream };
  if (fields.includes("meta.id") && own(given, "id") === undefined) made.meta.id = call._id();
  if (fields.includes("meta.domain") && own(given, "domain") === undefined && call._domain) made.meta.domain = call._domain;
  setMoment(made, fields, call._now);
  const copied = ["meta."];
  for (const path of (instrument && instrument.fields) || []) supply(made, path, call, copied);
  for (const path of fields) supply(made, path, call, copied);
  return made;
}

function setMoment(made, fields, now) {
  if (own(made, "client_dt") !== undefined) delete made.dt;
  else if (fields.includes("dt") && own(made, "dt") === undefined) made.dt = momentOf(now);
}

function supply(made, path, call, copied) {
  if (SET_BY_CLIENT.includes(path)) return;
  const value = call._lookup(path);
  if (value != null) fill(made, path, value, copied);
}

let latest = NaN;
let text = "";

/** ISO 8601; many events are made in the same millisecond. */
function momentOf(now) {
  if (now !== latest) text = new Date((latest = now)).toISOString();
  return text;
}

/**
 * An event as text. Halves of characters, which JSON can write and no reader of it takes, become U+FFFD.
 * @throws where it can't be written: circles, BigInt, getters that throw
 */
export function textOf(event) {
  const written = JSON.stringify(event);
  return written.includes("\\ud") ? written.replace(/\\\\|\\ud[89a-f]../g, (found) => (found[1] == "u" ? "\ufffd" : found)) : written;
}

const encoder = new TextEncoder();

/** The length of a text in UTF-8. */
export function bytesOf(written) {
  return /[^\0-\x7f]/.test(written) ? encoder.encode(written).length : written.length;
}
