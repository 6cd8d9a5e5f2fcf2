/** Uses of the client that must compile, and one that must not. */

import { connect, version, type Client, type Dropped, type Stats } from "@eventplatform/client";
import { experiment, inPopulation } from "@eventplatform/client/experiments";

const lost: Dropped[] = [];
const client: Client = connect("http://127.0.0.1:8000", {
  consent: true,
  site: "garden",
  context: () => ({ page: { id: 42 } }),
  onError: (dropped) => lost.push(dropped),
});
const clicks = client.instrument("navigation-clicks");
clicks.submit({ button_name: "save" });
clicks.submit("click", { button_name: "save" });
clicks.start();
clicks.end();
clicks.funnel("signup").submit("step");
client.submit("test.event", { test: version }, { session: "0123456789abcdef0123" });
const stop: () => void = client.catchErrors("client.error", { release: "7" });
stop();
client.setConsent(false);
client.newPageview();
await client.ready;
const isEmpty: boolean = await client.flush();
const stats: Stats = client.stats();
await client.close(isEmpty ? 0 : stats.waiting);
const { bucket, sampled } = experiment(3, { name: "dog", rate: 0.5, buckets: ["a", "b"] });
console.log(bucket.length, sampled, inPopulation("00", 2), clicks.why?.length);
// @ts-expect-error the name of a stream is a text
client.submit(7);
export {};
