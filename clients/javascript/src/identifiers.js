/** Identifiers of pageview, session and device: made, kept, made anew, and never kept without consent. */

import { attempt } from "./attempt.js";

const KEY = "eventplatform.ids";
const LASTS = { session: 30 * 60e3, device: 90 * 864e5 };
const RECENT = 1000; // so long the device's storage isn't asked again

const digits = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => (byte + 256).toString(16).slice(1)).join("");

/** 20 hexadecimal digits of a cryptographic random source. */
export const newId = () => digits(10);

/** A random UUID; pages that came by http have no `randomUUID`. */
export const newUuid = () =>
  crypto.randomUUID ? crypto.randomUUID() : digits(16).replace(/(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-8$4-");

/**
 * @param {Storage | undefined} storage undefined: sessions and devices live as long as the page
 * @param {boolean} hasDevice false: a service, which makes neither sessions nor devices
 */
export const identifiers = (storage, hasDevice = true) => {
  let held = {};
  let readAt;
  let pageview = newId();

  /** The identifier of a unit at a moment; sessions and devices are asked for with consent only. */
  const of = (unit, now) => {
    if (unit == "pageview") return pageview;
    if (!hasDevice) return undefined;
    if (!(Math.abs(now - readAt) < RECENT && held[unit])) keep(unit, now);
    return held[unit].id;
  };

  const keep = (unit, now) => {
    held = attempt(() => ({ ...JSON.parse(storage.getItem(KEY)) })) || held;
    const { id, since } = Object(held[unit]);
    const isKept = /^[0-9a-f]{20}$/.test(id) && now - since < LASTS[unit];
    readAt = now;
    if (!isKept || unit == "session") held[unit] = { id: isKept ? id : newId(), since: now };
    // Where it is full, or closed to private windows, this page's own memory is left.
    if (!attempt(() => [storage.setItem(KEY, JSON.stringify(held))])) storage = undefined;
  };

  return {
    _of: of,
    _renew: () => (pageview = newId()),
    /** A session that this page used goes on with each call. */
    _touch: (now) => held.session && of("session", now),
    /** Consent is not there: nothing is kept. */
    _forget: () => {
      held = {};
      attempt(() => storage.removeItem(KEY));
    },
  };
};
