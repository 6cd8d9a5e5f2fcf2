/** Every vector of the contract, and of the reference's data where that is present. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

import { outcomeOf, resultOf, waitOf } from "../../../clients/javascript/src/answers.js";
import { assemble, textOf } from "../../../clients/javascript/src/assembling.js";
import { parsed } from "../../../clients/javascript/src/attempt.js";
import { fits } from "../../../clients/javascript/src/audience.js";
import { offsetOf, sampleAt } from "../../../clients/javascript/src/clock.js";
import { note } from "../../../clients/javascript/src/configuration.js";
import { holds } from "../../../clients/javascript/src/curation.js";
import { experiment, experimentHash, inPopulation } from "../../../clients/javascript/src/experiments.js";
import { identifiers } from "../../../clients/javascript/src/identifiers.js";
import { read } from "../../../clients/javascript/src/paths.js";
import { admit } from "../../../clients/javascript/src/queue.js";
import { judge } from "../../../clients/javascript/src/sampling.js";

globalThis.IS_PAGE = undefined; // what the build says

const vectors = (name) => JSON.parse(readFileSync(new URL(`../../../clients/contract/${name}.json`, import.meta.url), "utf8"));
const each = (name, run) => {
  const document = vectors(name);
  test(`${name}: ${document.cases.length} vectors`, () => {
    assert.ok(document.cases.length);
    for (const one of document.cases) run(one, document);
  });
};

const judged = ({ stream, instrument, ids, consent, forced }) =>
  judge(
    stream,
    instrument,
    (entry) => entry.sample,
    (unit) => ids[unit],
    consent,
    forced,
  );

each("sampling", ({ why, outcome, carries, ...asked }) => {
  const found = judged(asked);
  if (outcome == "in") assert.deepEqual(found, carries, why);
  else assert.equal(found, outcome, why);
});

each("audience", ({ why, audience, client, fits: expected }) => {
  const { site, platform, is_logged_in: isLoggedIn } = client;
  assert.equal(fits(audience, { site, platform, isLoggedIn }), expected, why);
});

each("curation", ({ why, curation, sends }, { context }) => {
  assert.equal(holds(curation, (path) => read(context, path)), sends, why);
});

each("timeline", ({ why, entry, date, received, now, sample }) => {
  const offset = offsetOf(date, Date.parse(received));
  assert.deepEqual(sampleAt(entry, Date.parse(now) + offset), sample, why);
});

each("assembling", ({ why, stream, entry, instrument, event, context, knows, now, id, domain, sent }) => {
  const lookup = (path) => read(context, path) ?? read(knows, path);
  const before = JSON.stringify(event);
  const made = assemble(stream, event, entry, instrument, lookup, domain ?? undefined, Date.parse(now));
  const uuid = "meta" in made && made.meta.id;
  if (sent.meta.id == id) {
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, why);
    made.meta.id = id;
  }
  assert.deepEqual(JSON.parse(textOf(made)), sent, why);
  assert.equal(JSON.stringify(event), before, why);
});

const named = (headers) => (name) => Object.entries(headers).find(([key]) => key.toLowerCase() == name)?.[1] ?? null;
const bodyOf = (body) => (typeof body == "string" ? body : JSON.stringify(body));

each("answers", ({ why, attempt, status, headers, body, outcomes, wait_seconds: wait }) => {
  const answer = Object(parsed(bodyOf(body)));
  const found = outcomes.map((_, index) => outcomeOf(resultOf(answer, index), status, answer, outcomes.length));
  const words = found.map((outcome) => (outcome[0] == "!" ? { dropped: outcome.slice(1) } : outcome));
  assert.deepEqual(words, outcomes, why);
  if (outcomes.includes("again")) assert.equal(waitOf(named(headers)("retry-after"), attempt), wait, why);
});

each("queue", ({ why, bounds, now, waiting, arrives, kept, dropped }) => {
  const lost = [];
  const left = admit([...waiting, ...arrives], bounds, now, (item, reason) => lost.push({ name: item.name, reason }));
  assert.deepEqual(left.map((item) => item.name), kept, why);
  assert.deepEqual(lost, dropped, why);
});

each("configuration", ({ why, steps }) => {
  const held = { _offset: 0, _failures: 0 };
  for (const { answer, if_none_match: asked, holds: revision, again_in: again } of steps) {
    assert.equal(held._etag ?? null, asked, why);
    const { status, headers, body } = answer || { headers: {} };
    assert.equal(note(held, { _status: status, _header: named(headers), _body: bodyOf(body) }, 0), again, why);
    assert.equal(held._current?.revision ?? null, revision, why);
  }
});

const KEY = "eventplatform.ids";
const storageOf = (stored) => {
  const items = new Map(Object.keys(stored).length ? [[KEY, JSON.stringify(stored)]] : []);
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
    all: () => JSON.parse(items.get(KEY) ?? "{}"),
  };
};

/** As this client stores it: one word for when a session was used and a device's identifier made. */
const inOurWords = (stored) => JSON.parse(JSON.stringify(stored).replace(/"(used|made)"/g, '"since"'));

each("identifiers", ({ why, needs, consent, now, stored, id, stored_after: after }) => {
  const storage = storageOf(inOurWords(stored));
  const ids = identifiers(storage);
  if (!consent) ids._forget();
  const found = consent || needs == "pageview" ? ids._of(needs, now) : null;
  if (id == "new") {
    assert.match(found, /^[0-9a-f]{20}$/, why);
    assert.ok(!JSON.stringify(stored).includes(found), why);
  } else assert.equal(found, id, why);
  const expected = JSON.parse(JSON.stringify(inOurWords(after)).replaceAll('"new"', JSON.stringify(found)));
  assert.deepEqual(storage.all(), expected, why);
});

each("populations", ({ why, id, population, in_sample: inSample }) => assert.equal(inPopulation(id, population), inSample, why));

each("experiments", ({ why, user_id: user, experiment: name, hash, rate, buckets, sampled, bucket }) => {
  assert.equal(experimentHash(user, name), hash, why);
  assert.deepEqual(experiment(user, { name, rate, buckets }), { bucket, sampled }, why);
});

const folder = process.env.REFERENCE_DATA;
const reference = (name) => folder && existsSync(`${folder}/${name}`) && JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));

const sampling = reference("sampling_vectors.json");
test("the reference's sampling", { skip: !sampling && "no reference data" }, () => {
  const inSample = (stream, id) => typeof judged({ stream, ids: { pageview: id, session: id, device: id }, consent: true }) != "string";
  for (const { id, unit, rate, in_sample: expected } of sampling.stream_sampling) {
    assert.equal(inSample({ sample: { unit, rate } }, id), expected && unit != "device", `${id} ${unit} ${rate}`);
  }
  for (const { id, population, in_sample: expected } of sampling.legacy_population) assert.equal(inPopulation(id, population), expected);
  for (const one of sampling.experiments) {
    assert.equal(experimentHash(one.user_id, one.experiment), one.user_hash);
    assert.equal(experiment(one.user_id, { ...one, name: one.experiment }).sampled, one.sampled);
  }
});

test("the reference's odd configurations", { skip: !sampling && "no reference data" }, () => {
  for (const { config, note: why, id, in_sample: expected } of sampling.configs) {
    const stream = config == "__undefined__" ? undefined : config;
    assert.equal(typeof judged({ stream, ids: { pageview: id, session: id }, consent: true }) != "string", expected, why);
  }
});

const curation = reference("curation_vectors.json");
test("the reference's curation", { skip: !curation && "no reference data" }, () => {
  for (const { curation: rules, should_produce: expected } of curation.cases) {
    assert.equal(holds(rules, (path) => read(curation.event, path)), expected, JSON.stringify(rules));
  }
});
