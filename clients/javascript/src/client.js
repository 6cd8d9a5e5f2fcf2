/** A client: what it was given, what it was told, and who it acts for. */

import { attempt } from "./attempt.js";
import { calls } from "./calls.js";
import { addressOf, note } from "./configuration.js";
import { identifiers, newId } from "./identifiers.js";
import { instrument } from "./instrument.js";
import { outbox } from "./outbox.js";
import { watchPage } from "./page.js";
import { shelf } from "./queue.js";
import { ask, browser, jittered, pause } from "./transport.js";

const PATIENCE = 5000; // for the second file, in milliseconds
const KEPT = 20; // errors, until the second file is here
const PATIENT_TRIES = 5; // so often a service's process is kept alive for its first configuration
const WANTED = /^(unsampled|closed|audience|curation|consent|privacy)$/; // by the platform or a person: no fault
const SPECIAL = /"(audience|curation)":{/; // in a configuration: judged by the second file
const isNone = (rules) => !rules;

/**
 * @param {string} platformUrl
 * @param {object} given
 * @param {() => Promise<object>} loadExtras the second file's parts: see extras.js
 */
export const clientOf = (platformUrl, given, loadExtras) => {
  // The address of a page may ask: `#eventplatform-debug`, `#eventplatform-force=a,b`, also one behind the other with `&`.
  const asked = new URLSearchParams(IS_PAGE ? location.hash.slice(1) : "");
  const options = {
    linger: 1000,
    platform: IS_PAGE ? "web" : "service",
    domain: IS_PAGE ? location.hostname : undefined,
    ...given,
  };
  // A service gives identifiers of whoever consented: it has no device, and makes none.
  const { config, platform, onError, consent = !IS_PAGE && platform == "service" } = options;
  options.bounds = { events: 1e4, bytes: 64e6, ...options.bounds };
  if (!IS_PAGE) options.headers = { "Content-Type": "application/json", ...options.headers };
  const storage = options.storage || (IS_PAGE && attempt(() => localStorage));
  const address = addressOf(platformUrl, options);
  const counts = { given: 0, sent: 0, left: 0, waiting: 0 };
  const dropped = {};
  /** What all parts of a client share: what it counts, and the configuration that holds. */
  const core = {
    _options: options,
    _force: (asked.get("eventplatform-force") || "").split(",").concat(options.force || []),
    _debugId: (options.debug || asked.has("eventplatform-debug")) && newId(),
    _counts: counts,
    _ids: identifiers(storage, IS_PAGE || platform != "service"),
    _offset: 0,
    _failures: 0,
    /** An event, which waits until it is sent, left or lost. */
    _give: () => {
      counts.given++;
      counts.waiting++;
    },
    /** An event is dropped: counted, told in debug mode, and, where it is a fault, told to the integrator. */
    _lose: (stream, reason, event, result) => {
      counts.waiting--;
      dropped[reason] = (dropped[reason] || 0) + 1;
      core._tell(event, "dropped: " + reason, stream);
      if (onError && !WANTED.test(reason)) attempt(() => onError({ stream, reason, event, result }));
    },
    /** Debug mode says it. */
    _tell: (...said) => core._debugId && core._parts.tell?.(core._debugId, ...said),
    /** The second file's parts, once they are here; until then only what asks for none of them holds. */
    _parts: { holds: isNone, fits: isNone },
  };
  const box = (core._box = outbox(core, shelf(storage)));
  const made = calls(core);
  let isReady;
  let loading;
  /** Errors that were caught, and what is done with them, for the second file. */
  const catching = [];
  let question;
  let timer;

  const refresh = () => question || (question = core._isClosed ? 0 : askAgain());

  const askAgain = async () => {
    clearTimeout(timer);
    // A browser's own cache asks with its ETag; a header of ours would cost a preflight each time.
    const headers = !IS_PAGE && core._etag ? { "If-None-Match": core._etag } : {};
    const answer = await ask(address, { headers, cache: "no-cache" });
    const seconds = note(core, answer, Date.now());
    await settle(answer);
    question = 0;
    if (core._isClosed) return;
    timer = setTimeout(refresh, core._failures ? jittered(seconds) : seconds * 1000);
    if (!IS_PAGE && timer.unref && (core._isReady || core._failures > PATIENT_TRIES)) timer.unref();
  };

  /** The second file is asked for, once at a time, and takes over; the console says where it can't be had. */
  const load = async () => {
    try {
      // One of another version may lack a part.
      const parts = (core._parts = { ...core._parts, ...(await (loading = loading || loadExtras())) });
      for (const each of catching.splice(0)) parts.tellErrors(...each);
    } catch (error) {
      loading = 0;
      console.warn(error);
    }
  };

  /** An import has no end of its own: after this pause things go on without. */
  core._load = () => Promise.race([load(), pause(PATIENCE)]);

  /** What holds now may need the second file: calls are kept until it is here, or can't be had. */
  const settle = async ({ _body, _status }) => {
    const { _current, _parts } = core;
    if (catching[0]) load();
    if (!_parts.tellErrors && (core._debugId || SPECIAL.test(JSON.stringify(_current)))) {
      core._isReady = 0;
      await core._load();
    }
    core._tell(_body || _current, "configuration", _status);
    if (!_current || core._isReady) return;
    core._isReady = 1;
    made._release();
    isReady();
    collect();
  };

  /** What earlier pages left is sent by one of those that are open, where the browser can tell. */
  const collect = () => {
    if (!IS_PAGE || !core._hasConsent || !core._isReady || core._isClosed) return;
    const take = (lock) => lock && (box._collect(), pause(1000));
    if (browser.locks) browser.locks.request("eventplatform", { ifAvailable: true }, take).catch(() => {});
    else take(1);
  };

  const again = (isNewPage) => {
    if (isNewPage) core._ids._renew();
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
      const caught = [];
      let isOver;
      const heard = (happened) => isOver || (caught.length < KEPT && caught.push(happened));
      const repeated = (stream) => {
        core._give();
        core._lose(stream, "repeated");
      };
      attempt(() => ["error", "unhandledrejection"].forEach((kind) => addEventListener(kind, heard)));
      catching.push([caught, target, tags, client, repeated]);
      load();
      return () => (isOver = 1);
    },

    setConsent: (has) => {
      const had = core._hasConsent;
      core._hasConsent = has === true;
      if (core._hasConsent) return collect();
      if (had) box._end("consent");
      core._ids._forget();
      box._clear("consent");
    },

    newPageview: core._ids._renew,

    refresh,

    flush: async () => {
      await question;
      return box._flush();
    },

    close: async (milliseconds = 5000) => {
      const end = Date.now() + milliseconds;
      const isBusy = () => counts.waiting || catching[0];
      for (box._pump(); isBusy() && Date.now() < end; box._pump()) await pause(20);
      core._isClosed = 1;
      if (!IS_PAGE) clearTimeout(timer);
      made._end("gave_up");
      box._end("gave_up");
    },

    stats: () => ({ ...counts, dropped: { ...dropped } }),
  };

  if (IS_PAGE) watchPage(box._leave, again);
  client.setConsent(consent);
  core._current = config;
  if (config) question = settle({});
  else refresh();
  return client;
};
