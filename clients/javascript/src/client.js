/** A client: what it was given, what it was told, and who it acts for. */

import { attempt } from "./attempt.js";
import { calls } from "./calls.js";
import { addressOf, note } from "./configuration.js";
import { tell } from "./debug.js";
import { catchErrors } from "./errors.js";
import { identifiers, newId } from "./identifiers.js";
import { instrument } from "./instrument.js";
import { outbox } from "./outbox.js";
import { asked, watchPage } from "./page.js";
import { own } from "./paths.js";
import { shelf } from "./queue.js";
import { ask, isBrowser, jittered } from "./transport.js";

const PATIENT_TRIES = 5; // so often a service's process is kept alive for its first configuration
const WANTED = /^(unsampled|closed|audience|curation|consent|privacy)$/; // by the platform or a person: no fault

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const clientOf = (platformUrl, given) => {
  const page = asked(isBrowser && location.hash);
  const options = {
    linger: 1000,
    tries: 5,
    force: [],
    ...(isBrowser ? { platform: "web", domain: location.hostname } : { platform: "service" }),
    ...given,
  };
  // A service gives identifiers of whoever consented: it has no device, and makes none.
  const { config, platform, onError, consent = !isBrowser && platform == "service" } = options;
  options.bounds = { events: 1e4, bytes: 64e6, ...options.bounds };
  if (!isBrowser) options.headers = { "Content-Type": "application/json", ...options.headers };
  const storage = options.storage || (isBrowser && attempt(() => localStorage));
  const address = addressOf(platformUrl, options);
  const dropped = {};
  const left = shelf(storage);
  /** What all parts of a client share: what it counts, and the configuration that holds. */
  const core = {
    _options: options,
    _force: page.force.concat(options.force),
    _debugId: options.debug || page.debug ? newId() : "",
    _counts: { given: 0, sent: 0, left: 0 },
    _ids: identifiers(storage, platform != "service"),
    _current: config,
    _offset: 0,
    _failures: 0,
    /** An event is dropped: counted, told in debug mode, and, where it is a fault, told to the integrator. */
    _lose: (stream, reason, event, result) => {
      dropped[reason] = (own(dropped, reason) || 0) + 1;
      if (core._debugId) tell(["dropped: " + reason, stream], event);
      if (onError && !WANTED.test(reason)) attempt(() => onError({ stream, reason, event, result }));
    },
  };
  const box = (core._box = outbox(core, left));
  const made = calls(core);
  let isReady;
  let question;
  let timer;

  const refresh = () => question || (question = core._isClosed || config ? 0 : askAgain());

  const askAgain = async () => {
    clearTimeout(timer);
    const { _current, _etag } = core;
    // A browser's own cache asks with its ETag; a header of ours would cost a preflight each time.
    const headers = _etag && !isBrowser ? { "If-None-Match": _etag } : {};
    const answer = await ask(address, { headers, cache: "no-cache" });
    const seconds = note(core, answer, Date.now());
    if (core._debugId && core._failures) tell(["no configuration from " + address, answer._status], answer._body);
    question = 0;
    if (core._isClosed) return;
    timer = setTimeout(refresh, core._failures ? jittered(seconds) : seconds * 1000);
    if (timer.unref && (!made._held() || core._failures > PATIENT_TRIES)) timer.unref();
    if (!_current && core._current) begin();
  };

  const begin = () => {
    if (core._debugId) tell(["configuration", "debug_id " + core._debugId], core._current);
    made._release();
    isReady();
    collect();
  };

  /** What earlier pages left is sent by one of those that are open, where the browser can tell. */
  const collect = () => {
    if (!isBrowser || !core._hasConsent || !core._current) return;
    const take = (lock) => lock && (box._collect(), pause(1000));
    if (navigator.locks) navigator.locks.request("eventplatform", { ifAvailable: true }, take).catch(() => {});
    else take(1);
  };

  const again = (isNewPage) => {
    if (isNewPage) client.newPageview();
    refresh();
    box._resume();
    collect();
  };

  const client = {
    /** @type {Promise<void>} the first configuration is here */
    ready: new Promise((resolve) => (isReady = resolve)),

    submit: (stream, event, ids) => made._emit({ _stream: stream, _event: event, _ids: ids }),

    instrument: (key, choices) => instrument(made, key, choices),

    catchErrors: (target, tags) => {
      const { submit = (event) => client.submit(target, event), key = target } = Object(target);
      const repeated = () => {
        core._counts.given++;
        core._lose(key, "repeated");
      };
      return catchErrors(globalThis, submit, repeated, tags);
    },

    setConsent: (has) => {
      const had = core._hasConsent;
      core._hasConsent = has === true;
      if (core._hasConsent) return collect();
      if (had) box._end("consent");
      core._ids._forget();
      for (const { stream, text } of left.take()) {
        core._counts.given++;
        core._lose(stream, "consent", text);
      }
    },

    newPageview: core._ids._renew,

    refresh,

    flush: async () => {
      await question;
      return (await box._flush()) && !made._held();
    },

    close: async (milliseconds = 5000) => {
      let isOver, patience; // the latter would keep a process of Node alive
      const over = new Promise((resolve) => (patience = setTimeout(resolve, milliseconds))).then(() => (isOver = 1));
      await Promise.race([client.ready, over]);
      while (!isOver && !(await Promise.race([box._flush(), over]))) await pause(20);
      core._isClosed = 1;
      clearTimeout(patience);
      clearTimeout(timer);
      made._release(({ _stream, _key }) => {
        core._counts.given++;
        core._lose(_stream || _key, "gave_up");
      });
      box._end("gave_up");
    },

    stats: () => ({ ...core._counts, waiting: box._waiting() + made._held(), dropped: { ...dropped } }),
  };

  if (isBrowser) watchPage(box._leave, again);
  client.setConsent(consent);
  if (config) begin();
  else refresh();
  return client;
};
