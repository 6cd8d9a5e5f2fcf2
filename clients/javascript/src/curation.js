/** Rules of a stream about the context of an event: all must hold, and no type is ever converted. */

import { own } from "./paths.js";

const { isArray } = Array;
const compare = (holds) => (value, rule) => [value, rule].every((one) => typeof one == "number") && holds(value, rule);
const among = (holds) => (value, rule) => isArray(rule) && holds(value, rule);
const inside = (holds) => (value, rule) => isArray(value) && holds(value, rule);

const OPERATORS = {
  equals: (value, rule) => value === rule,
  not_equals: (value, rule) => value !== rule,
  greater_than: compare((value, rule) => value > rule),
  less_than: compare((value, rule) => value < rule),
  greater_than_or_equals: compare((value, rule) => value >= rule),
  less_than_or_equals: compare((value, rule) => value <= rule),
  in: among((value, rule) => rule.includes(value)),
  not_in: among((value, rule) => !rule.includes(value)),
  contains: inside((value, rule) => value.includes(rule)),
  does_not_contain: inside((value, rule) => !value.includes(rule)),
  contains_all: inside(among((value, rule) => rule.every((item) => value.includes(item)))),
  contains_any: inside(among((value, rule) => rule.some((item) => value.includes(item)))),
};

/**
 * Whether all rules hold.
 * @param {Record<string, Record<string, unknown>> | null | undefined} curation
 * @param {(path: string) => unknown} lookup what the context holds at a path
 */
export const holds = (curation, lookup) =>
  Object.entries(curation || {}).every(([attribute, rules]) => {
    const value = lookup(attribute.replace("_", "."));
    return value != null && Object.entries(rules).every(([name, rule]) => own(OPERATORS, name) && OPERATORS[name](value, rule));
  });
