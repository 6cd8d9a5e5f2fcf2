/** What goes wrong on a page, as events of `client.error`: uncaught errors and rejections that nobody handles. */

/** How often the same error, and how many in all, one page tells: a loop that fails must not flood the intake. */
const SAME = 3;
const ALL = 30;

const cut = (value, length) => value && String(value).slice(0, length);

/**
 * An `error` or `unhandledrejection` of a window, in the schema's words; what is undefined is not sent.
 * A script of another origin tells nothing but "Script error.": it is marked, since only `crossorigin` on its tag mends that.
 */
export const described = ({ type, reason, error = reason, message = reason, filename, lineno }, tags) => {
  const { name, stack, message: said = message } = Object(error);
  // A script's address without query and fragment, which may tell of people; nothing where it is no address.
  const [file] = /^\w+:\/\/[^\s?#]+/.exec(filename) || [];
  const isRejection = type != "error";
  return {
    error_class: cut(name, 128) || (isRejection ? "UnhandledRejection" : "Error"),
    message: cut(String(said), 2000),
    stack_trace: cut(stack, 20000),
    file_url: cut(file, 2048),
    line_number: file && lineno,
    tags: isRejection || error || filename ? tags : { ...tags, cross_origin: "true" },
  };
};

/** The moment of an event; those that are made by hand have none, and Safari before 15 doesn't say since when it counts. */
const momentOf = ({ timeStamp }) => new Date((timeStamp > 0 && performance.timeOrigin + timeStamp) || Date.now()).toISOString();

/**
 * Take over what was caught until now, and what comes: each error is submitted, bounded; `repeated` is told of the others.
 * @param {(ErrorEvent | PromiseRejectionEvent)[]} caught whoever hears of one pushes it there
 * @param {string | {key: string, submit: (event: object) => void}} target a stream, or an instrument
 * @param {Record<string, string> | undefined} tags
 * @param {{submit: (stream: string, event: object) => void}} client
 * @param {(key: string) => void} repeated
 */
export const tellErrors = (caught, target, tags, client, repeated) => {
  const { submit = (event) => client.submit(target, event), key = target } = Object(target);
  const seen = {};
  let told = 0;
  const hand = (happened) => {
    let event;
    try {
      event = { dt: momentOf(happened), ...described(happened, tags) };
      const key = [event.error_class, event.message, event.file_url, event.line_number];
      seen[key] = (seen[key] || 0) + 1;
      if (seen[key] > SAME || told++ >= ALL) event = 0;
    } catch {
      // A reason that can't be read is none of ours to throw again: that would be the next error.
    }
    if (event) submit(event);
    else repeated(key);
  };
  caught.push = hand;
  caught.splice(0).forEach(hand);
};
