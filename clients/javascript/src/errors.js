/** What goes wrong on a page, as events of `client.error`: uncaught errors and rejections that nobody handles. */

/** How often the same error, and how many in all, one page tells: a loop that fails must not flood the intake. */
const SAME = 3;
const ALL = 30;

const cut = (value, length) => String(value).slice(0, length);

/** A script's address without query and fragment, which may tell of people; nothing where it is no address. */
const address = (url) => (/^\w+:\/\/[^\s?#]+/.exec(url || "") || [])[0];

/**
 * An `error` or `unhandledrejection` of a window, in the schema's words.
 * A script of another origin tells nothing but "Script error.": it is marked, since only `crossorigin` on its tag mends that.
 */
export const described = (happened, tags) => {
  const isRejection = "reason" in happened;
  const error = isRejection ? happened.reason : happened.error;
  const isThing = error instanceof Object;
  const isCrossOrigin = !isRejection && !error && !happened.filename;
  const found = {
    error_class: cut((isThing && error.name) || (isRejection ? "UnhandledRejection" : "Error"), 128),
    message: cut(isThing && error.message !== undefined ? error.message : isRejection ? error : happened.message, 2000),
  };
  const file = address(happened.filename);
  if (isThing && error.stack) found.stack_trace = cut(error.stack, 20000);
  if (file) {
    found.file_url = cut(file, 2048);
    found.line_number = happened.lineno;
  }
  if (tags || isCrossOrigin) found.tags = isCrossOrigin ? { ...tags, cross_origin: "true" } : tags;
  return found;
};

/**
 * Hand each error of a window to `submit`, bounded; `repeated` is told of the others.
 * @returns {() => void} what ends it
 */
export const catchErrors = (place, submit, repeated, tags) => {
  const seen = {};
  let told = 0;
  const heard = (happened) => {
    try {
      const event = described(happened, tags);
      const key = `${event.error_class} ${event.message} ${event.file_url} ${event.line_number}`;
      seen[key] = (seen[key] || 0) + 1;
      if (seen[key] > SAME || told >= ALL) return repeated();
      told++;
      submit(event);
    } catch {
      // A reason that can't be read is none of ours to throw again: that would be the next error.
      repeated();
    }
  };
  const kinds = ["error", "unhandledrejection"];
  kinds.forEach((kind) => place.addEventListener(kind, heard));
  return () => kinds.forEach((kind) => place.removeEventListener(kind, heard));
};
