/** Requests: `fetch` with an answer, and the beacon of a page that is being left, which has none. */

import { attempt } from "./attempt.js";

const TIMEOUT = 30e3;

/** The browser, as far as there is one. */
export const browser = IS_PAGE ? globalThis.navigator : globalThis.navigator || {};

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A pause in milliseconds, from seconds, so that not all come back at once. */
export const jittered = (seconds) => seconds * (800 + Math.random() * 400);

/**
 * An answer; without a status where there is none. Never rejects.
 * @param {string} url
 * @param {RequestInit} request
 * @returns {Promise<{_status?: number, _body?: string, _header: (name: string) => string | null | undefined}>}
 */
export const ask = async (url, request) => {
  try {
    // Browsers before 2022 have no such signal: their own patience ends the request.
    const signal = attempt(() => AbortSignal.timeout(TIMEOUT));
    const answer = await fetch(url, { credentials: "omit", signal, ...request });
    return { _status: answer.status, _body: await answer.text(), _header: (name) => answer.headers.get(name) };
  } catch {
    return { _header: () => {} };
  }
};

/** Whether the browser took it. */
export const beacon = (url, body) => attempt(() => browser.sendBeacon(url, body));

/** An address with one more parameter. */
export const withParameter = (url, parameter) => url + (url.includes("?") ? "&" : "?") + parameter;
