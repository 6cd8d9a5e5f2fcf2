/** Privacy signals of the person in front of the device. */

import { browser } from "./transport.js";

/**
 * Whether a stream that heeds signals gets nothing from this client.
 * @param {string[] | undefined} heeds the stream's
 * @param {{gpc?: boolean, dnt?: boolean}} options what the integrator says, in place of the browser
 */
export const isRefused = (heeds, { gpc = browser.globalPrivacyControl, dnt = browser.doNotTrack == 1 }) =>
  (heeds || []).some((name) => ({ gpc, dnt })[name]);
