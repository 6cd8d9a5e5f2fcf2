/** What debug mode says in the console: each event as it is made, each drop with its reason, each answer with what to do. */

import { parsed } from "./attempt.js";

/**
 * @param {string} debugId to look for at the platform
 * @param {unknown} thing an event, or its text
 * @param {string} what
 * @param {string} stream
 * @param {{code?: string, pointer?: string, message?: string, remedy?: string}} [result] what the intake says of it
 */
export const tell = (debugId, thing, what, stream, { code, pointer, message, remedy } = {}) => {
  const words = [what, stream, code, pointer, message, remedy];
  console.warn(`[eventplatform ${debugId}] ` + words.filter(Boolean).join(" · "), parsed(thing) || thing);
};
