import assert from "node:assert/strict";
import test from "node:test";
import { Refused } from "../../../static/widget/src/transport/backoff.js";
import { eventsOf, openStream } from "../../../static/widget/src/transport/stream.js";
import { settle, stream, world } from "./world.js";

/** A stream whose events come from `source` and whose posts are answered by `answer`. */
function listening({ source = stream(), answer = () => new Response(null, { status: 204 }), after = 0 } = {}) {
  const fake = world({ respond: async (url) => (url.includes("events?") ? new Response(source.body) : answer()) });
  const seen = { events: [], saved: [], closed: [] };
  const connection = openStream(
    {
      host: "https://chat.example.com",
      token: "token-1",
      after: () => after,
      onEvent: (event) => seen.events.push(event),
      onSaved: (id) => seen.saved.push(id),
      onClose: (error) => seen.closed.push(error),
    },
    fake.parts,
  );
  return { fake, source, connection, seen };
}

test("a stream asks for what came after the last event, with the token in a header", async () => {
  const { fake, source, seen } = listening({ after: 7 });
  source.deliver({ type: "pong", seq: 7 });
  await settle();
  assert.equal(fake.asked[0].url, "https://chat.example.com/api/v1/widget/events?after=7");
  assert.equal(fake.asked[0].headers.Authorization, "Bearer token-1");
  assert.deepEqual(seen.events, [{ type: "pong", seq: 7 }]);
});

test("a stream that the server ends is reported once, without a reason", async () => {
  const { source, seen } = listening();
  await settle();
  source.end();
  await settle();
  assert.deepEqual(seen.closed, [undefined]);
});

test("a stream that is refused says with which status and how long to wait", async () => {
  const answer = new Response(null, { status: 429, headers: { "Retry-After": "9" } });
  const fake = world({ respond: async () => answer });
  const closed = [];
  openStream({ host: "", token: "", after: () => 0, onEvent() {}, onClose: (error) => closed.push(error) }, fake.parts);
  await settle();
  assert.deepEqual([closed.length, closed[0].status, closed[0].retryAfterMs], [1, 429, 9_000]);
});

test("a stream that was closed reports nothing more, whatever still arrives", async () => {
  const { source, connection, seen } = listening({ answer: () => new Response(null, { status: 500 }) });
  await settle();
  connection.send({ type: "message.send", id: "a", text: "?" });
  connection.close();
  source.deliver({ type: "pong", seq: 1 });
  source.end();
  await settle();
  assert.deepEqual(seen, { events: [], saved: [], closed: [] });
});

test("a frame that is refused for its token ends the stream with that reason", async () => {
  const { connection, seen } = listening({ answer: () => new Response(null, { status: 401 }) });
  await settle();
  connection.send({ type: "turn.stop", turn: "t" });
  await settle();
  assert.ok(seen.closed[0] instanceof Refused && seen.closed[0].status === 401);
});

test("a frame that did not reach the server ends the stream, and is not taken for refused", async () => {
  const { connection, seen } = listening({ answer: () => Promise.reject(new TypeError("network")) });
  await settle();
  connection.send({ type: "message.send", id: "a", text: "?" });
  await settle();
  assert.deepEqual(seen, { events: [], saved: [], closed: [undefined] });
});

test("a stream carries no pings and no typing, and only a new one brings what was missed", () => {
  const { connection } = listening();
  assert.deepEqual(["message.send", "ping", "typing"].map(connection.carries), [true, false, false]);
  assert.deepEqual([connection.resync(), connection.probe()], [false, false]);
});

test("server-sent events are read however the bytes are cut", () => {
  const text = ': hello\r\nid: 3\r\ndata: {"a":1}\r\n\r\nevent: x\ndata: {"b":\ndata: 2}\n\n\n';
  for (let size = 1; size <= text.length; size += 1) {
    const seen = [];
    const read = eventsOf((event) => seen.push(event));
    for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size));
    assert.deepEqual(seen, [{ a: 1 }, { b: 2 }], `in pieces of ${size}`);
  }
});
