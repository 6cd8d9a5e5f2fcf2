/** A platform that answers as a test says: its configuration, and an intake that answers one thing after the other. */

import { createServer } from "node:http";

const CONFIGURATION = {
  contract: 1,
  revision: 17,
  refresh_seconds: 60,
  streams: {
    "test.event": { schema: "/test/event/1.0.0", service: "main", sample: null, changes: [], heeds: [], fields: ["meta.id", "dt"], curation: null },
  },
  instruments: {},
};

export async function opened() {
  const door = { requests: [], questions: [], answers: [], configuration: structuredClone(CONFIGURATION), etag: '"1"' };
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => handle(request, Buffer.concat(parts), response));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  door.url = `http://127.0.0.1:${server.address().port}`;
  door.configuration.intakes = { main: `${door.url}/main/v1/events` };
  door.close = () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve)));
  door.events = () => door.requests.flatMap((request) => request.events);

  function handle(request, body, response) {
    if (request.url.startsWith("/api/v1/client")) {
      door.questions.push(request);
      if (door.isAway) return response.writeHead(503).end();
      const isSame = request.headers["if-none-match"] == door.etag;
      return response.writeHead(isSame ? 304 : 200, { ETag: door.etag }).end(isSame ? "" : JSON.stringify(door.configuration));
    }
    const events = JSON.parse(body.toString());
    door.requests.push({ url: request.url, headers: request.headers, events, size: body.length, at: Date.now() });
    const answer = door.answers.shift() || { status: 201 };
    if (answer == "hang") return undefined;
    if (answer == "reset") return request.socket.destroy();
    if (answer == "half") return response.writeHead(201, { "Content-Length": 9 }).write("{", () => request.socket.destroy());
    const { status, headers = {}, body: said } = typeof answer == "function" ? answer(events) : answer;
    return response.writeHead(status, headers).end(said && JSON.stringify(said));
  }
  return door;
}

/** Until something holds, with a deadline. */
export async function until(holds, seconds = 5) {
  const deadline = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
