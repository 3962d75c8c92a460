import assert from "node:assert/strict";
import test from "node:test";
import { openSocket } from "../../../static/widget/src/transport/socket.js";
import { world } from "./world.js";

const READY = { type: "session.ready", conversation: { id: "c", state: "assistant" }, events: [], seq: 0, more: false };

function connected() {
  const fake = world();
  const seen = { events: [], closed: [] };
  const connection = openSocket(
    {
      host: "http://chat.example.com",
      token: "token-1",
      after: () => 3,
      onEvent: (event) => seen.events.push(event.type),
      onClose: (error, reached) => seen.closed.push([error?.status, reached]),
    },
    fake.parts,
  );
  return { fake, connection, seen, socket: fake.socket };
}

test("a socket opens the session as soon as it is open, and hands on what it receives", () => {
  const { socket, seen } = connected();
  assert.deepEqual(socket.sent, []);
  socket.open();
  assert.equal(socket.url, "ws://chat.example.com/ws/v1/chat");
  assert.deepEqual(socket.sent, [{ type: "session.open", token: "token-1", after: 3 }]);
  socket.deliver(READY);
  assert.deepEqual(seen.events, ["session.ready"]);
});

for (const [code, status] of [
  [4401, 401],
  [4403, 403],
  [4429, 429],
  [1006, undefined],
]) {
  test(`a socket that the server closes with ${code} ends with ${status ?? "no reason"}`, () => {
    const { socket, seen } = connected();
    socket.open();
    socket.end(code);
    assert.deepEqual(seen.closed, [[status, true]]);
  });
}

test("a socket that never opened has reached no server, and one that opened but stays silent has not either", async () => {
  const refused = connected();
  refused.socket.end();
  assert.deepEqual(refused.seen.closed, [[undefined, false]]);
  const swallowed = connected();
  swallowed.socket.open();
  await swallowed.fake.pass(10_000);
  assert.deepEqual(swallowed.seen.closed, [[undefined, false]]);
  assert.equal(swallowed.socket.closed, true);
});

test("a server that answered before and falls silent was reached", async () => {
  const { fake, socket, seen } = connected();
  socket.open();
  socket.deliver(READY);
  await fake.pass(35_000);
  assert.equal(socket.sent.at(-1).type, "ping");
  assert.deepEqual(seen.closed, [[undefined, true]]);
});

test("what was missed is asked for once until it is there", () => {
  const { socket, connection } = connected();
  socket.open();
  socket.deliver(READY);
  assert.equal(connection.resync() && connection.resync(), true);
  assert.equal(socket.sent.length, 2);
  socket.deliver(READY);
  connection.resync();
  assert.equal(socket.sent.length, 3);
});

test("a socket that is ready is probed with a ping, one that is opening its session is left alone", () => {
  const { socket, connection } = connected();
  assert.equal(connection.probe(), false, "it may never open");
  socket.open();
  assert.deepEqual([connection.probe(), socket.sent.length], [true, 1]);
  socket.deliver(READY);
  assert.deepEqual([connection.probe(), socket.sent.at(-1).type], [true, "ping"]);
});

test("a socket that was closed reports nothing more and pings no longer", async () => {
  const { fake, socket, connection, seen } = connected();
  socket.open();
  socket.deliver(READY);
  connection.close();
  socket.deliver(READY);
  socket.end(4401);
  await fake.pass(60_000);
  assert.deepEqual([seen.events.length, seen.closed.length, socket.sent.length], [1, 0, 1]);
});
