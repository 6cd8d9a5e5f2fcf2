/** The client in a service: whatever the wire does, each event is sent or dropped under its reason. */

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { connect } from "../../../clients/javascript/dist/eventplatform-node.mjs";
import { opened, until } from "./door.mjs";

let door;
const opening = [];
beforeEach(async () => opening.push((door = await opened())));
after(() => Promise.all(opening.map((one) => one.close())));

const begun = (options) => connect(door.url, { linger: 10, ...options });
const balanced = ({ given, sent, waiting, left, dropped }) =>
  assert.equal(given, sent + waiting + left + Object.values(dropped).reduce((sum, count) => sum + count, 0));

async function ended(client) {
  await client.close();
  balanced(client.stats());
  return client.stats();
}

test("three lines: what was called before the configuration goes in one batch", async () => {
  const client = begun();
  for (let index = 0; index < 40; index++) client.submit("test.event", { index });

  const stats = await ended(client);

  assert.deepEqual(stats, { given: 40, sent: 40, left: 0, waiting: 0, dropped: {} });
  assert.equal(door.requests.length, 1);
  assert.equal(door.requests[0].headers["content-type"], "application/json");
  assert.deepEqual(door.events().map((event) => event.index), [...Array(40).keys()]);
  assert.equal(new Set(door.events().map((event) => event.meta.id)).size, 40);
});

test("more calls than may wait before the configuration: the oldest go", async () => {
  const client = begun({ bounds: { events: 128 } });
  for (let index = 0; index < 130; index++) client.submit("test.event", { index });

  const stats = await ended(client);

  assert.deepEqual(stats.dropped, { full: 2 });
  assert.equal(Math.min(...door.events().map((event) => event.index)), 2); // three requests at once come in any order
});

test("a service's many calls before the configuration: all are held, as many as may wait", async () => {
  const client = begun();
  for (let index = 0; index < 300; index++) client.submit("test.event", { index });

  assert.deepEqual(await ended(client), { given: 300, sent: 300, left: 0, waiting: 0, dropped: {} });
});

test("what changes after the call changes nothing, before and after the configuration", async () => {
  const client = begun();
  const event = { deep: { value: 1 } };
  client.submit("test.event", event);
  event.deep.value = 2;
  await client.ready;
  client.submit("test.event", event);
  event.deep.value = 3;
  await ended(client);

  assert.deepEqual(door.events().map((sent) => sent.deep.value), [1, 2]);
});

test("mixed results: each by its own", async () => {
  const client = begun();
  await client.ready;
  const results = ["accepted", "invalid", "limited", "spooled", "duplicate", "failed"];
  door.answers.push({ status: 207, body: { results: results.map((result, index) => ({ index, result, code: `code.${result}` })) } });
  results.forEach((name) => client.submit("test.event", { name }));

  const stats = await ended(client);

  assert.deepEqual(stats.dropped, { "code.invalid": 1 });
  assert.equal(stats.sent, 5);
  assert.deepEqual(door.requests[1].events.map((event) => event.name), ["limited", "failed"]);
  assert.equal(door.requests[1].events[0].meta.id, door.requests[0].events[2].meta.id);
  assert.equal(door.requests[1].events[0].dt, door.requests[0].events[2].dt);
});

test("429 and 503: all again, after Retry-After", async () => {
  const client = begun();
  await client.ready;
  door.answers.push({ status: 429, headers: { "Retry-After": "0.3" } }, { status: 503, headers: { "Retry-After": "0.3" } });
  client.submit("test.event", {});

  const stats = await ended(client);

  assert.equal(stats.sent, 1);
  const [first, second, third] = door.requests.map((request) => request.at);
  assert.ok(second - first >= 230 && third - second >= 230);
});

test("413: halved until it fits, and one that never fits is dropped", async () => {
  const client = begun();
  await client.ready;
  const answer = (events) => ({ status: events.some((event) => event.big) ? 413 : 201 });
  door.answers.push(...Array(20).fill(answer));
  for (let index = 0; index < 8; index++) client.submit("test.event", index == 5 ? { big: true } : { index });

  const stats = await ended(client);

  assert.deepEqual(stats, { given: 8, sent: 7, left: 0, waiting: 0, dropped: { too_large: 1 } });
});

test("400 for the body as a whole: halved until the event at fault stands alone, under the answer's code", async () => {
  const client = begun();
  await client.ready;
  const answer = (events) => (events.some((event) => event.bad) ? { status: 400, body: { code: "json.null_character" } } : { status: 201 });
  door.answers.push(...Array(20).fill(answer));
  for (let index = 0; index < 8; index++) client.submit("test.event", index == 5 ? { bad: true } : { index });

  const stats = await ended(client);

  assert.deepEqual(stats, { given: 8, sent: 7, left: 0, waiting: 0, dropped: { "json.null_character": 1 } });
});

test("a connection that is reset, and an answer that never comes to its end: again, and then given up", async () => {
  const client = begun({ tries: 2 });
  await client.ready;
  door.answers.push("reset", "half");
  client.submit("test.event", {});

  const stats = await ended(client);

  assert.deepEqual(stats.dropped, { gave_up: 1 });
  assert.equal(door.requests.length, 2);
});

test("an intake that hangs: close ends in time, and what is on its way is not called sent", async () => {
  const client = begun();
  await client.ready;
  door.answers.push("hang");
  client.submit("test.event", {});
  const started = Date.now();
  await client.close(200);

  assert.ok(Date.now() - started < 2000);
  assert.equal(client.stats().sent, 0);
  balanced(client.stats());
});

test("nobody there, and a name that nobody knows: nothing is thrown, all is counted", async () => {
  for (const url of ["http://127.0.0.1:1", "http://nobody.invalid", "no address", undefined]) {
    const client = connect(url, { linger: 1 });
    client.submit("test.event", {});
    await client.close(50);
    assert.deepEqual(client.stats().dropped, { gave_up: 1 }, String(url));
    balanced(client.stats());
  }
});

test("an intake that is away: the oldest go where too many wait", async () => {
  door.configuration.intakes.main = "http://127.0.0.1:1/v1/events";
  const client = begun({ bounds: { events: 100 } });
  await client.ready;
  for (let index = 0; index < 1000; index++) client.submit("test.event", { index });
  await client.flush();

  assert.equal(await client.flush(), false);
  assert.ok(client.stats().waiting <= 100);
  assert.ok(client.stats().dropped.full >= 900);
  balanced(client.stats());
  await ended(client);
});

test("nothing that is handed over throws", async () => {
  const client = begun();
  const circle = {};
  circle.self = circle;
  const throwing = { get bad() { throw new Error("no"); } };
  const wrong = [circle, throwing, { big: 1n }, "text", 7, [1], null, () => 1, Symbol("x"), { toJSON() { throw new Error("no"); } }];
  for (const event of wrong) client.submit("test.event", event);
  await client.ready;
  for (const event of wrong) client.submit("test.event", event);
  for (const stream of [undefined, null, "__proto__", "constructor", 7, {}, Symbol("x")]) client.submit(stream, {});

  const stats = await ended(client);

  assert.deepEqual(stats.dropped, { not_json: 20, unconfigured: 7 });
});

test("names that languages give a meaning pollute nothing", async () => {
  const config = JSON.parse(JSON.stringify(door.configuration));
  config.streams["test.event"].fields.push("__proto__.polluted", "constructor.prototype.polluted");
  const client = begun({ config, context: { __proto__: { polluted: 1 }, constructor: { prototype: { polluted: 1 } } } });
  client.submit("test.event", JSON.parse('{"__proto__": {"polluted": 1}, "a": {"__proto__": {"polluted": 1}}}'));
  await ended(client);

  assert.equal({}.polluted, undefined);
  assert.ok(Object.hasOwn(door.events()[0], "__proto__"));
});

test("texts: bytes are counted, not characters, and halves of characters are replaced", async () => {
  const client = begun({ config: door.configuration });
  for (let index = 0; index < 6; index++) client.submit("test.event", { text: "é".repeat(10_000) });
  client.submit("test.event", { half: "a\ud83d", whole: "\ud83d\udc0d", written: "\\ud83d", line: "\u2028" });
  await ended(client);

  assert.ok(door.requests.length >= 4);
  assert.ok(door.requests.every((request) => request.size <= 48_000), door.requests.map((request) => request.size));
  assert.deepEqual(Object.values(door.events()[6]).slice(1, 5), ["a\ufffd", "\u{1f40d}", "\\ud83d", "\u2028"]);
});

test("an event above what a browser sends goes from a service", async () => {
  const client = begun({ config: door.configuration });
  client.submit("test.event", { text: "x".repeat(200_000) });

  assert.equal((await ended(client)).sent, 1);
});

test("the platform away at the start: events wait for it", async () => {
  door.isAway = true;
  const client = begun();
  client.submit("test.event", {});
  await until(() => door.questions.length == 1);
  door.isAway = false;

  assert.equal((await ended(client)).sent, 1);
});

test("the configuration is asked for again with its ETag, and a change is obeyed", async () => {
  door.configuration.refresh_seconds = 0.05;
  const client = begun();
  await client.ready;
  await until(() => door.questions.length >= 3);
  assert.equal(door.questions[1].headers["if-none-match"], '"1"');
  door.configuration.streams["test.event"].sample = { unit: "pageview", rate: 0 };
  door.etag = '"2"';
  const asked = door.questions.length;
  await until(() => door.questions.length >= asked + 2);
  client.submit("test.event", {});

  assert.deepEqual((await ended(client)).dropped, { closed: 1 });
});

test("a platform that is away later: the last good answer holds", async () => {
  door.configuration.refresh_seconds = 0.05;
  const client = begun();
  await client.ready;
  door.isAway = true;
  await until(() => door.questions.length >= 2);
  client.submit("test.event", {});

  assert.equal((await ended(client)).sent, 1);
});

test("identifiers come with the call, and say that their person consents; a service may say that nobody does", async () => {
  const config = structuredClone(door.configuration);
  config.streams["test.event"].sample = { unit: "session", rate: 0.5 };
  config.streams["test.event"].fields.push("performer.session_id", "sample.rate", "agent.client_platform");
  const client = begun({ config });
  const wary = begun({ config, consent: false });
  const ids = { session: "00000000000000000000" };
  client.submit("test.event", {}, ids);
  client.submit("test.event", {}, { session: "ffffffffffffffffffff" });
  client.submit("test.event", {});
  wary.submit("test.event", {}, ids);

  assert.deepEqual((await ended(client)).dropped, { unsampled: 2 });
  assert.deepEqual((await ended(wary)).dropped, { consent: 1 });
  const [{ performer, sample, agent }] = door.events();
  assert.deepEqual([performer, sample, agent], [{ session_id: ids.session }, { rate: 0.5 }, { client_platform: "service" }]);
});

test("faults are told to the integrator, what is wanted is not, and what they throw is theirs", async () => {
  const told = [];
  const config = structuredClone(door.configuration);
  config.streams.off = { ...config.streams["test.event"], sample: { unit: "pageview", rate: 0 } };
  const onError = (dropped) => {
    told.push(dropped);
    throw new Error("theirs");
  };
  const client = begun({ config, onError });
  door.answers.push({ status: 400, body: { results: [{ index: 0, result: "invalid", code: "event.invalid", pointer: "/test" }] } });
  client.submit("off", {});
  client.submit("nobody", {});
  client.submit("test.event", {});
  await ended(client);

  assert.deepEqual(told.map(({ reason, stream }) => [stream, reason]), [["nobody", "unconfigured"], ["test.event", "event.invalid"]]);
  assert.equal(told[1].result.pointer, "/test");
});

test("curation: calls wait for the second file, which judges them", async () => {
  const config = structuredClone(door.configuration);
  config.streams["test.event"].curation = { page_id: { equals: 42 } };
  const client = begun({ config, context: { page: { id: 42 } } });
  const elsewhere = begun({ config, context: { page: { id: 43 } } });
  client.submit("test.event", { index: 1 });
  elsewhere.submit("test.event", { index: 2 });
  assert.equal(client.stats().waiting, 1);
  await client.ready;

  assert.deepEqual(await ended(client), { given: 1, sent: 1, left: 0, waiting: 0, dropped: {} });
  assert.deepEqual((await ended(elsewhere)).dropped, { curation: 1 });
});

test("curation that comes later: what was called meanwhile is judged by it", async () => {
  door.configuration.refresh_seconds = 0.05;
  const client = begun();
  await client.ready;
  door.configuration.streams["test.event"].curation = { page_id: { equals: 42 } };
  door.etag = '"2"';
  const asked = door.questions.length;
  await until(() => door.questions.length >= asked + 2);
  client.submit("test.event");

  assert.deepEqual((await ended(client)).dropped, { curation: 1 });
});

test("debug: each event, each drop and each answer is told, also what was called before the first configuration", async () => {
  const { warn } = console;
  const said = [];
  console.warn = (text) => said.push(text);
  try {
    const client = begun({ debug: true });
    client.submit("test.event");
    client.submit("nobody");
    door.answers.push({ status: 400, body: { results: [{ index: 0, result: "invalid", code: "event.invalid", pointer: "/test", remedy: "Mend it" }] } });
    await ended(client);
  } finally {
    console.warn = warn;
  }

  assert.deepEqual(said.slice(1).map((line) => line.replace(/ [0-9a-f]{20}\]/, "]")), [
    "[eventplatform] made · test.event",
    "[eventplatform] dropped: unconfigured · nobody",
    "[eventplatform] answer 400 !event.invalid · test.event · event.invalid · /test · Mend it",
    "[eventplatform] dropped: event.invalid · test.event",
  ]);
  assert.match(door.requests[0].url, /debug_id=[0-9a-f]{20}$/);
});

test("submit is quick", async () => {
  const config = structuredClone(door.configuration);
  config.intakes.main = "http://127.0.0.1:1/v1/events";
  const client = begun({ config, linger: 60_000 });
  const started = process.hrtime.bigint();
  for (let index = 0; index < 10_000; index++) client.submit("test.event", { test: "hello", index, browser: { language: "en" } });
  const each = Number(process.hrtime.bigint() - started) / 1e3 / 10_000;
  console.log(`submit: ${each.toFixed(1)} µs`);
  client.close(0);

  assert.ok(each < 200, `${each} µs`); // a machine that does much else; bench/ has the figure
});
