/** Requests: `fetch` with an answer, and the beacon of a page that is being left, which has none. */

const TIMEOUT = 30e3;

/**
 * An answer; status null where there is none. Never rejects.
 * @param {string} url
 * @param {RequestInit} request
 * @returns {Promise<{status: number | null, body: string, header: (name: string) => string | null}>}
 */
export async function ask(url, request) {
  const nothing = { status: null, body: "", header: () => null };
  const aborting = new AbortController();
  const timer = setTimeout(() => aborting.abort(), TIMEOUT);
  try {
    const answer = await fetch(url, { credentials: "omit", signal: aborting.signal, ...request });
    return { status: answer.status, body: await answer.text(), header: (name) => answer.headers.get(name) };
  } catch {
    return nothing;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the browser took it. */
export function beacon(url, body) {
  try {
    return navigator.sendBeacon(url, body);
  } catch {
    return false;
  }
}

/** An address with one more parameter. */
export const withParameter = (url, parameter) => url + (url.includes("?") ? "&" : "?") + parameter;
