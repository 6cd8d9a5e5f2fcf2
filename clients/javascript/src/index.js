/** The module's entry: `connect`. */

import { clientOf } from "./client.js";

export const version = VERSION;

const loadExtras = () => import("./eventplatform-extras.mjs");

/**
 * A client of the platform at an address. It never throws and never blocks; what it drops it counts (`stats`).
 * @param {string} platformUrl
 * @param {object} [options] see the types
 */
export const connect = (platformUrl, options) => clientOf(platformUrl, options, loadExtras);
