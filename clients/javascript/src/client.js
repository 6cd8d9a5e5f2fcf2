/** A client: what it was given, what it was told, and who it acts for. */

import { Calls } from "./calls.js";
import { Configuration, addressOf } from "./configuration.js";
import { debugConsole } from "./debug.js";
import { catchErrors } from "./errors.js";
import { Identifiers, newId } from "./identifiers.js";
import { Instrument } from "./instrument.js";
import { Outbox } from "./outbox.js";
import { asked, watchPage } from "./page.js";
import { own } from "./paths.js";
import { Shelf } from "./queue.js";
import { ask } from "./transport.js";

const PATIENT_TRIES = 5; // so often a service's process is kept alive for its first configuration
const WANTED = ["unsampled", "closed", "audience", "curation", "consent", "privacy"]; // by the platform or a person: no fault

export class Client {
  constructor(platformUrl, options) {
    const isBrowser = typeof document == "object";
    const platform = options.platform || (isBrowser ? "web" : "service");
    const page = isBrowser ? asked(location.hash) : { force: [] };
    const storage = storageOf(options, isBrowser);
    this._options = { ...options, platform, domain: options.domain || (isBrowser ? location.hostname : undefined) };
    this._isBrowser = isBrowser;
    this._hasConsent = options.consent === true;
    this._force = page.force.concat(options.force || []);
    this._debugId = options.debug || page.debug ? newId() : "";
    this._debug = this._debugId && debugConsole;
    this._identifiers = new Identifiers(storage, this._hasConsent, platform != "service");
    this._counts = { given: 0, sent: 0, left: 0 };
    this._dropped = {};
    this._configuration = new Configuration();
    this._address = addressOf(platformUrl, options);
    this._shelf = new Shelf(storage);
    this._outbox = new Outbox(this._settings(), this._shelf, this);
    this._calls = new Calls(this);
    this.ready = new Promise((resolve) => (this._isReady = resolve));
    if (!this._hasConsent) this._clear();
    this._unwatch = isBrowser && watchPage(this._told());
    if (options.config) this._obey(options.config);
    else this.refresh();
  }

  /** Hand an event over; nothing is thrown, whatever it is. `ids`: identifiers by unit, where the client can't know them. */
  submit(stream, event, ids) {
    this._calls.emit({ _stream: stream, _event: event, _ids: ids });
  }

  /** What a product manager steers: its own sample, audience, window and switch. */
  instrument(key, options) {
    return new Instrument(this, key, options);
  }

  /** Uncaught errors and unhandled rejections of this page go to an instrument, or a stream of /client/error. */
  catchErrors(target, tags) {
    const isStream = typeof target == "string";
    const submit = (event) => (isStream ? this.submit(target, event) : target.submit(event));
    const repeated = () => {
      this._count("given", 1);
      this._lose(isStream ? target : target.key, "repeated");
    };
    return catchErrors(globalThis, submit, repeated, tags);
  }

  /** Consent is given, or taken back: then what is stored on the device is deleted. */
  setConsent(hasConsent) {
    this._hasConsent = hasConsent === true;
    this._identifiers.setConsent(this._hasConsent);
    if (this._hasConsent) this._collect();
    else this._clear();
  }

  newPageview() {
    this._identifiers.newPageview();
  }

  /** Send what is there; true once all of it is sent or dropped, false where something has to be tried again later. */
  async flush() {
    await this._question;
    const isEmpty = await this._outbox.flush();
    return isEmpty && !this._calls.held.length;
  }

  /** Flush, with tries for so many milliseconds; what is left then is dropped, and the client asks and sends no more. */
  async close(milliseconds = 5000) {
    let timer; // cleared, since it would keep a process of Node alive
    const over = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
    await Promise.race([this.ready, over]);
    await Promise.race([this._outbox.flush(true), over]);
    clearTimeout(timer);
    this._isClosed = true;
    clearTimeout(this._timer);
    if (this._unwatch) this._unwatch();
    for (const { _stream, _key } of this._calls.held.splice(0)) this._lose(_stream || _key, "gave_up");
    this._outbox.end();
  }

  /** `given` = `sent` + `waiting` + `left` to the next page + all that was `dropped`, by reason. */
  stats() {
    return { ...this._counts, waiting: this._outbox.waiting + this._calls.held.length, dropped: { ...this._dropped } };
  }

  /** Ask for the configuration now. */
  refresh() {
    if (!this._question && !this._isClosed && !this._options.config) this._question = this._ask();
    return this._question;
  }

  async _ask() {
    clearTimeout(this._timer);
    const { etag } = this._configuration;
    // A browser's own cache asks with its ETag; a header of ours would cost a preflight each time.
    const headers = etag && !this._isBrowser ? { "If-None-Match": etag } : {};
    const { status, header, body } = await ask(this._address, { headers, cache: "no-cache" });
    const { current, failures } = this._configuration;
    const seconds = this._configuration.note(status, header, body, Date.now());
    const hasFailed = this._configuration.failures > failures;
    this._question = undefined;
    if (this._isClosed) return;
    this._timer = setTimeout(() => this.refresh(), seconds * 1000 * (hasFailed ? 0.8 + Math.random() * 0.4 : 1));
    const isIdle = !this._calls.held.length || this._configuration.failures > PATIENT_TRIES;
    if (isIdle && this._timer.unref) this._timer.unref();
    if (this._configuration.current !== current) this._obey(this._configuration.current);
  }

  _obey(document) {
    const isFirst = !this._current;
    this._current = document;
    if (!isFirst) return;
    this._calls.release();
    this._isReady();
    this._collect();
  }

  /** What earlier pages left is sent by one page, where the browser can tell them apart. */
  _collect() {
    if (!this._isBrowser || !this._hasConsent || !this._current) return;
    const collect = (lock) => lock && (this._outbox.collect(), pause(1000));
    if (navigator.locks) navigator.locks.request("eventplatform", { ifAvailable: true }, collect).catch(() => {});
    else collect(true);
  }

  _clear() {
    const items = this._shelf.take();
    this._count("given", items.length);
    items.forEach((item) => this._drop(item, "consent"));
  }

  _told() {
    const again = () => {
      this.refresh();
      this._outbox.resume();
      this._collect();
    };
    const show = (isNewPage) => {
      if (isNewPage) this.newPageview();
      again();
    };
    return { leave: () => this._outbox.leave(), show, online: again };
  }

  _settings() {
    const { headers, linger = 1000, tries = 5, bounds } = this._options;
    const type = this._isBrowser ? {} : { "Content-Type": "application/json" };
    return {
      _isBrowser: this._isBrowser,
      _debugId: this._debugId,
      _headers: { ...type, ...headers },
      _linger: linger,
      _tries: tries,
      _bounds: { events: 1e4, bytes: 64e6, ...bounds },
    };
  }

  _count(what, number) {
    this._counts[what] += number;
  }

  /** An event is dropped: counted, told in debug mode, and, where it is a fault, told to the integrator. */
  _lose(stream, reason, event, result) {
    this._dropped[reason] = (own(this._dropped, reason) || 0) + 1;
    if (this._debug) this._debug._dropped(stream, reason, event);
    const { onError } = this._options;
    if (!onError || WANTED.includes(reason)) return;
    try {
      onError({ stream, reason, event, result });
    } catch {
      // the integrator's own fault is no reason to fail in a third place
    }
  }

  _drop({ stream, text }, reason, result) {
    this._lose(stream, reason, text, result);
  }
}

function storageOf({ storage }, isBrowser) {
  try {
    return storage || (isBrowser ? localStorage : undefined);
  } catch {
    return undefined; // a page that may not store
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
