/** What must not throw: storage that is closed, JSON that is none, code that isn't ours. */

/** What an act answers, or undefined where it throws. */
export const attempt = (act) => {
  try {
    return act();
  } catch {
    return undefined;
  }
};

/** What a JSON text holds; undefined where it is none. */
export const parsed = (text) => attempt(() => JSON.parse(text));
