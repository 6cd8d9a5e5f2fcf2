/** What integrators get wrong: nothing is thrown, all is counted, and debug mode says what is the matter. */

import assert from "node:assert/strict";
import { after, beforeEach, mock, test } from "node:test";

import { connect } from "../../../clients/javascript/dist/eventplatform-node.mjs";
import { opened, until } from "./door.mjs";

let door;
const opening = [];
beforeEach(async () => opening.push((door = await opened())));
after(() => Promise.all(opening.map((one) => one.close())));

const begun = (options) => connect(door.url, { linger: 10, ...options });

test("called after its end: dropped, and counted", async () => {
  const client = begun();
  await client.close();
  client.submit("test.event", {});

  assert.deepEqual(client.stats().dropped, { client_closed: 1 });
});

test("one name in place of a list: asked for", async () => {
  const client = begun({ streams: "test.event" });
  await client.ready;
  await client.close();

  assert.match(door.questions[0].url, /streams=test\.event$/);
});

test("errors for nobody: heard, and nothing is thrown at the page that has one already", async () => {
  const heard = {};
  globalThis.addEventListener = (kind, listener) => (heard[kind] = listener);
  const client = begun();
  await client.ready;
  for (const target of [undefined, null, 5, {}]) {
    client.catchErrors(target);
    for (let index = 0; index < 4; index++) heard.error({ type: "error", error: new Error("boom") });
  }
  await client.close();

  assert.deepEqual(client.stats().dropped, { unconfigured: 12, repeated: 4 });
});

test("a page that answers in the platform's place: debug mode tells it", async () => {
  const said = mock.method(console, "warn", () => {});
  door.configuration = { title: "Page not found" };
  const client = begun({ debug: true });
  client.submit("test.event", {});
  await until(() => said.mock.callCount());
  await client.close(1);
  said.mock.restore();

  assert.match(said.mock.calls[0].arguments[0], /configuration · 200$/);
  assert.deepEqual(said.mock.calls[0].arguments[1], { title: "Page not found" });
});

test("debug mode: the first word is the configuration that holds, and the id to look for", async () => {
  const said = mock.method(console, "warn", () => {});
  const client = begun({ debug: true });
  client.submit("test.event", {});
  await client.close();
  said.mock.restore();

  assert.match(said.mock.calls[0].arguments[0], /^\[eventplatform [0-9a-f]{20}\] configuration · 200$/);
  assert.equal(said.mock.calls[0].arguments[1].revision, 17);
  const [id] = /[0-9a-f]{20}/.exec(said.mock.calls[0].arguments[0]);
  assert.ok(door.requests[0].url.endsWith("debug_id=" + id));
});
