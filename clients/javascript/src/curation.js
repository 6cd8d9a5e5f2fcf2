/** Rules of a stream about the context of an event: all must hold, and no type is ever converted. */

import { own } from "./paths.js";

const OPERATORS = {
  equals: (value, rule) => value === rule,
  not_equals: (value, rule) => value !== rule,
  greater_than: (value, rule) => value > rule,
  less_than: (value, rule) => value < rule,
  greater_than_or_equals: (value, rule) => value >= rule,
  less_than_or_equals: (value, rule) => value <= rule,
  in: (value, rule) => rule.includes(value),
  not_in: (value, rule) => !rule.includes(value),
  contains: (value, rule) => value.includes(rule),
  does_not_contain: (value, rule) => !value.includes(rule),
  contains_all: (value, rule) => rule.every((item) => value.includes(item)),
  contains_any: (value, rule) => rule.some((item) => value.includes(item)),
};
const { isArray } = Array;

/** Whether an operator is one for these types: comparisons are of numbers, contents of lists. */
const suits = (name, value, rule) =>
  (!/than/.test(name) || [value, rule].every((one) => typeof one == "number")) &&
  (!/contain/.test(name) || isArray(value)) &&
  (!/^in|t_in|_a/.test(name) || isArray(rule));

/**
 * Whether all rules hold.
 * @param {Record<string, Record<string, unknown>> | null | undefined} curation
 * @param {(path: string) => unknown} lookup what the context holds at a path
 */
export const holds = (curation, lookup) =>
  Object.entries(curation || {}).every(([attribute, rules]) => {
    const value = lookup(attribute.replace("_", "."));
    const isHeld = ([name, rule]) => own(OPERATORS, name) && suits(name, value, rule) && OPERATORS[name](value, rule);
    return value != null && Object.entries(rules).every(isHeld);
  });
