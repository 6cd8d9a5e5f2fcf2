/** What debug mode says in the console: each event as it is made, each drop with its reason, each answer with what to do. */

import { parsed } from "./attempt.js";

export const tell = (words, thing) => console.warn("[eventplatform] " + words.filter(Boolean).join(" · "), parsed(thing) || thing);

/** @param {{_outcomes: string[], _results: object[], _wait: number}} answer the intake's, and what becomes of each event by it */
export const tellAnswer = (items, status, { _outcomes, _results }) => {
  items.forEach(({ stream, text }, index) => {
    const { result, code, pointer, message, remedy } = _results[index] || {};
    tell(["answer " + status, stream, result || _outcomes[index], code, pointer, message, remedy], text);
  });
};
