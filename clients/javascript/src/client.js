/** A client: what it was given, what it was told, and who it acts for. */

import { attempt } from "./attempt.js";
import { calls } from "./calls.js";
import { addressOf, note } from "./configuration.js";
import { debugConsole } from "./debug.js";
import { catchErrors } from "./errors.js";
import { identifiers, newId } from "./identifiers.js";
import { Instrument } from "./instrument.js";
import { outbox } from "./outbox.js";
import { asked, watchPage } from "./page.js";
import { own } from "./paths.js";
import { shelf } from "./queue.js";
import { ask } from "./transport.js";

const PATIENT_TRIES = 5; // so often a service's process is kept alive for its first configuration
const WANTED = /^(unsampled|closed|audience|curation|consent|privacy)$/; // by the platform or a person: no fault

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const clientOf = (platformUrl, given) => {
  const isBrowser = typeof document == "object";
  const page = asked(isBrowser && location.hash);
  const options = { platform: isBrowser ? "web" : "service", domain: isBrowser ? location.hostname : undefined, ...given };
  const { config, consent, debug, force, headers, linger = 1000, tries = 5, bounds, onError } = options;
  const storage = options.storage || attempt(() => (isBrowser ? localStorage : undefined));
  const debugId = debug || page.debug ? newId() : "";
  const own_ = shelf(storage);
  const address = addressOf(platformUrl, options);
  const counts = { given: 0, sent: 0, left: 0 };
  const dropped = {};
  const held = { _current: config, _offset: 0, _failures: 0 };
  let hasConsent = false;
  let isClosed;
  let isReady;
  let question;
  let timer;

  /** An event is dropped: counted, told in debug mode, and, where it is a fault, told to the integrator. */
  const lose = (stream, reason, event, result) => {
    dropped[reason] = (own(dropped, reason) || 0) + 1;
    if (core._debug) core._debug._dropped(stream, reason, event);
    if (onError && !WANTED.test(reason)) attempt(() => onError({ stream, reason, event, result }));
  };

  const core = {
    _options: options,
    _held: held,
    _isBrowser: isBrowser,
    _force: page.force.concat(force || []),
    _debug: debugId && debugConsole,
    _identifiers: identifiers(storage, options.platform != "service"),
    _hasConsent: () => hasConsent,
    _count: (what, number) => (counts[what] += number),
    _lose: lose,
    _drop: ({ stream, text }, reason, result) => lose(stream, reason, text, result),
    _answered: (items, status, answer) => debugId && debugConsole._answered(items, status, answer),
  };
  const settings = {
    _isBrowser: isBrowser,
    _debugId: debugId,
    _headers: isBrowser ? headers : { "Content-Type": "application/json", ...headers },
    _linger: linger,
    _tries: tries,
    _bounds: { events: 1e4, bytes: 64e6, ...bounds },
  };
  const box = (core._outbox = outbox(settings, own_, core));
  const made = calls(core);

  const refresh = () => {
    if (!question && !isClosed && !config) question = askAgain();
    return question;
  };

  const askAgain = async () => {
    clearTimeout(timer);
    const { _current, _etag, _failures } = held;
    // A browser's own cache asks with its ETag; a header of ours would cost a preflight each time.
    const conditional = _etag && !isBrowser ? { "If-None-Match": _etag } : {};
    const seconds = note(held, await ask(address, { headers: conditional, cache: "no-cache" }), Date.now());
    question = 0;
    if (isClosed) return;
    timer = setTimeout(refresh, seconds * (held._failures ? 800 + Math.random() * 400 : 1000));
    if (timer.unref && (!made.held().length || _failures > PATIENT_TRIES)) timer.unref();
    if (!_current && held._current) begin();
  };

  const begin = () => {
    made.release();
    isReady();
    collect();
  };

  /** What earlier pages left is sent by one of those that are open, where the browser can tell. */
  const collect = () => {
    if (!isBrowser || !hasConsent || !held._current) return;
    const take = (lock) => lock && (box.collect(), pause(1000));
    if (navigator.locks) navigator.locks.request("eventplatform", { ifAvailable: true }, take).catch(() => {});
    else take(1);
  };

  const again = () => {
    refresh();
    box.resume();
    collect();
  };

  const client = {
    /** @type {Promise<void>} the first configuration is here */
    ready: new Promise((resolve) => (isReady = resolve)),

    submit: (stream, event, ids) => made.emit({ _stream: stream, _event: event, _ids: ids }),

    instrument: (key, choices) => new Instrument(client, key, choices),

    catchErrors: (target, tags) => {
      const stream = target.key || target;
      const repeated = () => {
        counts.given++;
        lose(stream, "repeated");
      };
      return catchErrors(globalThis, (event) => (target.submit ? target.submit(event) : client.submit(target, event)), repeated, tags);
    },

    setConsent: (has) => {
      hasConsent = has === true;
      if (hasConsent) return collect();
      core._identifiers.forget();
      const left = own_.take();
      counts.given += left.length;
      left.forEach((item) => core._drop(item, "consent"));
    },

    newPageview: core._identifiers.renew,

    refresh,

    flush: async () => {
      await question;
      return (await box.flush()) && !made.held().length;
    },

    close: async (milliseconds = 5000) => {
      const over = pause(milliseconds);
      await Promise.race([client.ready, over]);
      await Promise.race([box.flush(true), over]);
      isClosed = true;
      clearTimeout(timer);
      if (unwatch) unwatch();
      made.release(({ _stream, _key }) => core._count("given", 1) && lose(_stream || _key, "gave_up"));
      box.end("gave_up");
    },

    stats: () => ({ ...counts, waiting: box.waiting() + made.held().length, dropped: { ...dropped } }),

    _calls: made,
  };

  const show = (isNewPage) => {
    if (isNewPage) client.newPageview();
    again();
  };
  const unwatch = isBrowser && watchPage({ leave: box.leave, show, online: again });
  client.setConsent(consent);
  if (config) begin();
  else refresh();
  return client;
};
