/** The client in a page, without a browser around it: storage, consent, signals, leaving, and tabs that share a queue. */

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { opened, until } from "./door.mjs";

const heard = {};
const listen = (name, act) => (heard[name] ??= []).push(act);
const tell = (name, event = {}) => (heard[name] || []).forEach((act) => act(event));
const device = { beacons: [], takesBeacons: true };
const navigator = {
  onLine: true,
  sendBeacon: (url, body) => device.takesBeacons && Boolean(device.beacons.push({ url, body })),
};
Object.defineProperty(globalThis, "navigator", { value: navigator });
Object.assign(globalThis, {
  document: { hidden: false, documentElement: { lang: "pt-BR" }, addEventListener: listen },
  location: { hash: "", hostname: "garden.example", pathname: "/page/Garden" },
  innerWidth: 1280,
  addEventListener: listen,
  removeEventListener: (name, act) => (heard[name] = heard[name].filter((one) => one != act)),
});
// A page takes its timers along when it goes; here they would keep the process.
const { setTimeout: begin } = globalThis;
const timers = [];
globalThis.setTimeout = (act, milliseconds) => {
  timers.push(begin(act, milliseconds));
  return timers.at(-1);
};
const { connect } = await import("../../../clients/javascript/dist/eventplatform.mjs");

/** As browsers have it: its keys are its own properties. */
const storageOf = (limit = Infinity) =>
  Object.create({
    getItem(key) {
      return Object.hasOwn(this, key) ? this[key] : null;
    },
    setItem(key, value) {
      if (value.length > limit) throw new Error("QuotaExceededError");
      this[key] = value;
    },
    removeItem(key) {
      delete this[key];
    },
  });

let door;
const clients = [];
const opening = [];
beforeEach(async () => {
  for (const client of clients.splice(0)) await client.close(0);
  for (const name of Object.keys(heard)) delete heard[name];
  opening.push((door = await opened()));
  Object.assign(device, { beacons: [], takesBeacons: true });
  Object.assign(navigator, { onLine: true, globalPrivacyControl: undefined, doNotTrack: null });
  Object.assign(globalThis, { localStorage: storageOf() });
});
after(async () => {
  for (const client of clients) await client.close(0);
  await Promise.all(opening.map((one) => one.close()));
  timers.forEach(clearTimeout);
});

const begun = (options) => {
  const client = connect(door.url, { linger: 10, consent: true, config: door.configuration, ...options });
  clients.push(client);
  return client;
};
const sampled = (unit, ...fields) => {
  Object.assign(door.configuration.streams["test.event"], { sample: { unit, rate: 1 } });
  door.configuration.streams["test.event"].fields.push(...fields);
};
const stored = () => Object.keys(localStorage);

test("what a page knows of itself is filled in, and a session goes on", async () => {
  sampled("session", "meta.domain", "browser.session_id", "browser.page_path", "browser.language", "browser.viewport_width_px");
  const client = begun();
  client.submit("test.event");
  const again = begun();
  again.submit("test.event");
  await until(() => door.events().length == 2);

  const [first, second] = door.events();
  assert.equal(first.meta.domain, "garden.example");
  assert.match(first.browser.session_id, /^[0-9a-f]{20}$/);
  assert.deepEqual(first.browser, { ...second.browser, page_path: "/page/Garden", language: "pt-BR", viewport_width_px: 1280 });
});

test("without consent nothing is stored, and what was stored goes", async () => {
  sampled("session");
  begun().submit("test.event");
  assert.equal(stored().length, 1);
  const client = begun({ consent: false });
  client.submit("test.event");

  assert.deepEqual(stored(), []);
  assert.deepEqual(client.stats().dropped, { consent: 1 });
});

test("storage that throws at everything: the session lives as long as the page", async () => {
  sampled("session", "browser.session_id");
  for (const name of ["getItem", "setItem", "removeItem"]) {
    globalThis.localStorage = storageOf();
    localStorage[name] = () => {
      throw new Error("SecurityError");
    };
    const client = begun();
    for (let index = 0; index < 3; index++) client.submit("test.event");
    await client.flush();
    assert.equal(client.stats().sent, 3);
    assert.equal(new Set(door.events().map((event) => event.browser.session_id)).size, 1);
    door.requests = [];
  }
});

test("privacy signals: dropped before anything is made or stored", () => {
  sampled("session");
  door.configuration.streams["test.event"].heeds = ["gpc"];
  navigator.doNotTrack = "1";
  const client = begun({ linger: 10_000 });
  client.submit("test.event");
  navigator.globalPrivacyControl = true;
  client.submit("test.event");

  assert.deepEqual(client.stats().dropped, { privacy: 1 });
  globalThis.localStorage = storageOf();
  begun().submit("test.event");
  assert.deepEqual(stored(), []);
});

test("leaving: beacons of 60,000 bytes at most, hasty; what they refuse is left to the next page", () => {
  const client = begun({ linger: 10_000 });
  for (let index = 0; index < 49; index++) client.submit("test.event", { index, text: "x".repeat(900) });
  tell("pagehide");

  assert.ok(device.beacons.length);
  assert.ok(device.beacons.every(({ url, body }) => url.endsWith("?hasty=true") && body.length <= 60_000));
  assert.equal(client.stats().waiting + client.stats().sent, 49);
  device.takesBeacons = false;
  client.submit("test.event", { index: 49 });
  tell("pagehide");
  assert.equal(client.stats().left, 1);
});

test("leaving without consent: what beacons refuse goes by fetch", async () => {
  device.takesBeacons = false;
  begun({ linger: 10_000, consent: false }).submit("test.event", { index: 1 });
  tell("pagehide");

  await until(() => door.events().length == 1);
});

test("offline: left to the next page, which sends it once", async () => {
  navigator.onLine = false;
  const client = begun();
  for (let index = 0; index < 3; index++) client.submit("test.event", { index });
  tell("pagehide");
  assert.deepEqual([client.stats().left, client.stats().waiting, device.beacons.length], [3, 0, 0]);
  navigator.onLine = true;
  const next = begun();
  begun();
  await until(() => door.events().length >= 3);
  await next.flush();

  assert.deepEqual(door.events().map((event) => event.index), [0, 1, 2]);
  assert.deepEqual(stored(), []);
});

test("two tabs that leave at once: no event twice, none lost", async () => {
  navigator.onLine = false;
  const tabs = [begun(), begun()];
  tabs.forEach((tab, index) => tab.submit("test.event", { index }));
  tell("pagehide");
  navigator.onLine = true;
  begun();
  await until(() => door.events().length >= 2);

  assert.deepEqual(door.events().map((event) => event.index).sort(), [0, 1]);
});

test("a page's calls before the configuration: 128 are held, the oldest go", () => {
  const client = begun({ config: undefined });
  for (let index = 0; index < 130; index++) client.submit("test.event", { index });

  assert.deepEqual(client.stats().dropped, { full: 2 });
});

test("more than a device takes: the oldest go, and the quota's end loses nothing of what waits", () => {
  navigator.onLine = false;
  const client = begun();
  for (let index = 0; index < 250; index++) client.submit("test.event", { index });
  assert.deepEqual(client.stats().dropped, { full: 50 });
  globalThis.localStorage = storageOf(10);
  const full = begun();
  full.submit("test.event", {});
  tell("pagehide");

  assert.equal(full.stats().waiting, 1);
});

test("consent taken back: what lies on the device is dropped, and counted", () => {
  navigator.onLine = false;
  const client = begun();
  client.submit("test.event");
  tell("pagehide");
  client.setConsent(false);

  assert.deepEqual(stored(), []);
  assert.deepEqual(client.stats(), { given: 2, sent: 0, left: 1, waiting: 0, dropped: { consent: 1 } });
});

test("consent taken back: what waits in the page goes too, and what comes after is sent", async () => {
  const client = begun();
  client.submit("test.event", { index: 1 });
  client.setConsent(false);
  client.submit("test.event", { index: 2 });
  await client.flush();

  assert.deepEqual(client.stats(), { given: 2, sent: 1, left: 0, waiting: 0, dropped: { consent: 1 } });
  assert.deepEqual(door.events().map((event) => event.index), [2]);
});

test("an intake that answers nothing: the page goes on trying, and leaves it when hidden", async () => {
  door.answers.push("reset");
  const client = begun();
  client.submit("test.event");
  await until(() => door.requests.length == 1);
  await client.flush();
  assert.equal(client.stats().waiting, 1);
  tell("pagehide");

  assert.equal(client.stats().left, 1);
});

test("online again: pauses are over", async () => {
  door.answers.push({ status: 503, headers: { "Retry-After": "3600" } });
  const client = begun();
  client.submit("test.event");
  await until(() => door.requests.length == 1);
  await client.flush();
  tell("online");
  await until(() => client.stats().sent == 1);
});

test("an event above 60,000 bytes: too large, by bytes", () => {
  const client = begun({ linger: 10_000 });
  client.submit("test.event", { text: "é".repeat(30_000) });

  assert.deepEqual(client.stats().dropped, { too_large: 1 });
});

test("clocks that jump: a session goes on, and one of long ago is made anew", async () => {
  sampled("session", "browser.session_id");
  const real = Date.now;
  const client = begun();
  try {
    for (const shift of [0, -7200e3, 7200e3]) {
      Date.now = () => real() + shift;
      client.submit("test.event");
      await client.flush();
    }
  } finally {
    Date.now = real;
  }

  const [first, earlier, later] = door.events().map((event) => event.browser.session_id);
  assert.equal(earlier, first);
  assert.notEqual(later, first);
});

test("rubbish in the storage: ours is made anew, and what isn't ours is left", async () => {
  sampled("session", "browser.session_id");
  Object.assign(localStorage, { "eventplatform.ids": "{", "eventplatform.queue.x": "nonsense", theirs: "1" });
  const client = begun();
  client.submit("test.event");
  await client.flush();

  assert.equal(client.stats().sent, 1);
  assert.equal(localStorage.theirs, "1");
});

test("page texts that carry text/plain: no request needs a preflight", async () => {
  const client = begun();
  client.submit("test.event");
  await client.flush();

  assert.match(door.requests[0].headers["content-type"], /^text\/plain/);
});

test("without randomUUID, as on pages that came by http: still a UUID", async () => {
  const { randomUUID } = crypto;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    const client = begun();
    client.submit("test.event");
    await client.flush();
  } finally {
    Object.defineProperty(crypto, "randomUUID", { value: randomUUID, configurable: true });
  }

  assert.match(door.events()[0].meta.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("errors are caught from the call on, before the second file is here, and until they are not", async () => {
  const client = begun();
  const stop = client.catchErrors("test.event", { release: "7" });
  const error = new TypeError("no garden");
  for (let index = 0; index < 5; index++) tell("error", { type: "error", error, message: error.message });
  tell("unhandledrejection", { type: "unhandledrejection", reason: new RangeError("kept") });
  await until(() => client.stats().given == 6);
  tell("error", { type: "error", message: "Script error." });
  stop();
  tell("error", { type: "error", error: new Error("too late") });
  await client.flush();

  assert.deepEqual(client.stats().dropped, { repeated: 2 });
  const told = door.events().map(({ error_class: name, message, tags }) => [name, message, tags]);
  assert.deepEqual(told.slice(2), [
    ["TypeError", "no garden", { release: "7" }],
    ["RangeError", "kept", { release: "7" }],
    ["Error", "Script error.", { release: "7", cross_origin: "true" }],
  ]);
  assert.ok(Math.abs(Date.parse(door.events()[0].dt) - Date.now()) < 5000);
});

test("errors that come in a flood before the second file is here: the first twenty are kept", async () => {
  const client = begun();
  client.catchErrors("test.event");
  for (let index = 0; index < 50; index++) tell("error", { type: "error", error: new Error(`plot ${index}`) });
  await until(() => client.stats().given == 20);
  await client.flush();

  assert.deepEqual(client.stats(), { given: 20, sent: 20, left: 0, waiting: 0, dropped: {} });
});

test("errors where the browser doesn't say since when it counts: told, at the moment they are heard", async (context) => {
  const { timeOrigin } = performance;
  Object.defineProperty(performance, "timeOrigin", { value: undefined, configurable: true });
  context.after(() => Object.defineProperty(performance, "timeOrigin", { value: timeOrigin, configurable: true }));
  const client = begun();
  client.catchErrors("test.event");
  tell("error", { type: "error", error: new Error("no garden"), timeStamp: 5 });
  await until(() => client.stats().given == 1);
  await client.flush();

  assert.deepEqual(client.stats().dropped, {});
  assert.ok(Math.abs(Date.parse(door.events()[0].dt) - Date.now()) < 5000);
});
