/** Identifiers of pageview, session and device: made, kept, made anew, and never kept without consent. */

import { isObject, own } from "./paths.js";

const KEY = "eventplatform.ids";
const KINDS = {
  session: { moment: "used", lasts: 30 * 60e3 },
  device: { moment: "made", lasts: 90 * 864e5 },
};
const RECENT = 1000; // so long the device's storage isn't asked again

const digits = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => (byte + 256).toString(16).slice(1)).join("");

/** 20 hexadecimal digits of a cryptographic random source. */
export const newId = () => digits(10);

/** A random UUID; pages that came by http have no `randomUUID`. */
export function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = digits(16);
  const variant = ((parseInt(hex[16], 16) & 3) | 8).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), "4" + hex.slice(13, 16), variant + hex.slice(17, 20), hex.slice(20)].join("-");
}

export class Identifiers {
  /**
   * @param {Storage | undefined} storage undefined: sessions and devices live as long as the page
   * @param {boolean} hasConsent
   * @param {boolean} hasDevice false: a service, which makes neither sessions nor devices
   */
  constructor(storage, hasConsent, hasDevice = true) {
    this._storage = storage;
    this._hasDevice = hasDevice;
    this._held = {};
    this._readAt = -Infinity;
    this.setConsent(hasConsent);
  }

  /** Without consent what is stored is deleted. */
  setConsent(hasConsent) {
    this._hasConsent = hasConsent;
    if (hasConsent) return;
    this._held = {};
    try {
      this._storage.removeItem(KEY);
    } catch {
      // no storage, or one that is closed: nothing is kept there
    }
  }

  newPageview() {
    this._pageview = newId();
  }

  /** The identifier of a unit at a moment; undefined where there may be none. */
  of(unit, now) {
    if (unit == "pageview") return this._pageview || (this.newPageview(), this._pageview);
    if (!this._hasConsent || !this._hasDevice) return undefined;
    const { moment, lasts } = KINDS[unit];
    const isRecent = Math.abs(now - this._readAt) < RECENT && this._held[unit];
    if (isRecent) return this._held[unit].id;
    this._read(now);
    const found = own(this._held, unit);
    const isKept = isObject(found) && /^[0-9a-f]{20}$/.test(found.id) && now - found[moment] < lasts;
    const kept = isKept ? found : { id: newId(), [moment]: now };
    this._held[unit] = unit == "session" ? { id: kept.id, used: now } : kept;
    this._write();
    return kept.id;
  }

  /** A session that this page used goes on with each call. */
  touch(now) {
    if (this._held.session) this.of("session", now);
  }

  _read(now) {
    this._readAt = now;
    if (!this._storage) return;
    try {
      const held = JSON.parse(this._storage.getItem(KEY) || "{}");
      this._held = isObject(held) ? held : {};
    } catch {
      this._storage = undefined;
    }
  }

  _write() {
    try {
      if (this._storage) this._storage.setItem(KEY, JSON.stringify(this._held));
    } catch {
      this._storage = undefined; // full, or closed to private windows: this page's own memory is left
    }
  }
}
