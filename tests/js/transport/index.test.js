import assert from "node:assert/strict";
import test from "node:test";
import { Refused } from "../../../static/widget/src/transport/backoff.js";
import { createTransport } from "../../../static/widget/src/transport/index.js";
import { example, examples } from "../wire.js";
import { settle, stream, world } from "./world.js";

const ready = (more = {}) => ({ ...example("events", "session.ready"), ...more });

function connect(fake, options = {}) {
  const seen = { events: [], statuses: [], seq: 0, gap: false, tokens: [], saved: [] };
  const transport = createTransport(
    {
      host: "https://chat.example.com",
      token: async (spent) => (seen.tokens.push(spent), options.token ? options.token(spent) : "token-1"),
      after: () => seen.seq,
      missed: () => seen.gap,
      onEvent: (event) => {
        seen.events.push(event);
        if (event.type === "session.ready") seen.gap = false;
      },
      onSaved: (id) => seen.saved.push(id),
      onStatus: (status) => seen.statuses.push(status),
    },
    fake.parts,
  );
  transport.open();
  return { transport, seen };
}

async function online(fake, options) {
  const parts = connect(fake, options);
  await settle();
  fake.socket.open();
  fake.socket.deliver(ready());
  return parts;
}

test("a socket opens the session with the token in its first frame, never in the address", async () => {
  const fake = world();
  const { seen } = await online(fake);
  assert.equal(fake.socket.url, "wss://chat.example.com/ws/v1/chat");
  assert.deepEqual(fake.socket.sent, [{ type: "session.open", token: "token-1", after: 0 }]);
  assert.deepEqual(seen.statuses, ["connecting", "online"]);
});

test("nothing is sent before the session is ready", async () => {
  const fake = world();
  const { transport } = connect(fake);
  await settle();
  fake.socket.open();
  assert.equal(transport.send(example("frames", "message.send")), false);
  fake.socket.deliver(ready());
  assert.equal(transport.send(example("frames", "message.send")), true);
});

test("a socket that was lost comes back and asks for what came after the last event", async () => {
  const fake = world();
  const { seen } = await online(fake);
  seen.seq = 7;
  fake.socket.end();
  assert.equal(seen.statuses.at(-1), "offline");
  await fake.pass(1_000);
  fake.socket.open();
  assert.deepEqual(fake.socket.sent[0], { type: "session.open", token: "token-1", after: 7 });
  assert.equal(fake.sockets.length, 2);
});

test("a gap is asked for once, on the same socket", async () => {
  const fake = world();
  const { seen } = await online(fake);
  seen.gap = true;
  fake.socket.deliver(example("events", "reply.delta"));
  fake.socket.deliver(example("events", "reply.delta"));
  assert.equal(
    fake.socket.sent.filter(({ type }) => type === "session.open").length,
    2,
    "the first opening and one more",
  );
  assert.equal(fake.sockets.length, 1);
});

test("a quiet connection is pinged every 25 seconds, and one that does not answer is given up", async () => {
  const fake = world();
  const { seen } = await online(fake);
  await fake.pass(25_000);
  assert.equal(fake.socket.sent.at(-1).type, "ping");
  fake.socket.deliver({ type: "pong", seq: 1 });
  await fake.pass(25_000);
  assert.equal(seen.statuses.at(-1), "online");
  await fake.pass(10_000);
  assert.equal(seen.statuses.at(-1), "offline");
  assert.equal(fake.sockets[0].closed, true);
});

test("a connection on which a message is not acknowledged within ten seconds is given up", async () => {
  const fake = world();
  const { transport, seen } = await online(fake);
  transport.send(example("frames", "message.send"));
  await fake.pass(10_000);
  assert.equal(seen.statuses.at(-1), "offline");
});

test("what an old socket still delivers is ignored", async () => {
  const fake = world();
  const { seen } = await online(fake);
  const old = fake.socket;
  old.end();
  await fake.pass(2_000);
  const before = seen.events.length;
  old.deliver(example("events", "reply.delta"));
  old.end();
  assert.equal(seen.events.length, before);
  assert.equal(fake.sockets.length, 2);
});

test("a spent token is renewed at once, and a server that refuses the new one too is not asked without end", async () => {
  const fake = world();
  const { seen } = connect(fake);
  await settle();
  fake.socket.open();
  fake.socket.end(4401);
  await settle();
  assert.deepEqual(seen.tokens, [undefined, "token-1", undefined]);
  assert.equal(fake.sockets.length, 2);
  fake.socket.open();
  fake.socket.end(4401);
  await settle();
  assert.equal(seen.statuses.at(-1), "offline");
  assert.equal(fake.sockets.length, 2);
});

test("an origin that is not allowed is not tried again", async () => {
  const fake = world();
  const { seen } = connect(fake);
  await settle();
  fake.socket.open();
  fake.socket.end(4403);
  await fake.pass(600_000);
  assert.equal(seen.statuses.at(-1), "refused");
  assert.equal(fake.sockets.length, 1);
});

test("a session that is refused is not tried again; one with a Retry-After is tried again after that time", async () => {
  const refused = world();
  const { seen } = connect(refused, { token: async () => Promise.reject(new Refused(403)) });
  await refused.pass(600_000);
  assert.deepEqual([seen.statuses.at(-1), seen.tokens.length], ["refused", 1]);
  const limited = world();
  let calls = 0;
  connect(limited, { token: async () => (calls++ ? "token-1" : Promise.reject(new Refused(429, 20))) });
  await limited.pass(19_000);
  assert.equal(calls, 1);
  await limited.pass(1_100);
  assert.equal(calls, 2);
});

test("waking up reconnects at once instead of waiting, and pings a connection that seems to be open", async () => {
  const fake = world();
  const { transport } = await online(fake);
  transport.wake();
  assert.equal(fake.socket.sent.at(-1).type, "ping");
  fake.socket.end();
  transport.wake();
  await settle();
  assert.equal(fake.sockets.length, 2);
});

test("closing is final until it is opened again", async () => {
  const fake = world();
  const { transport } = await online(fake);
  transport.close();
  transport.wake();
  await fake.pass(600_000);
  assert.equal(fake.sockets.length, 1);
  transport.open();
  await settle();
  assert.equal(fake.sockets.length, 2);
});

test("where two sockets in a row do not open, events are streamed and frames are posted", async () => {
  const source = stream();
  const fake = world({
    respond: async (url) => (url.includes("events") ? new Response(source.body) : new Response(null, { status: 202 })),
  });
  const { transport, seen } = connect(fake);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await settle();
    fake.socket.end();
    await fake.pass(4_000);
  }
  assert.equal(fake.asked.at(-1).url, "https://chat.example.com/api/v1/widget/events?after=0");
  assert.equal(fake.asked.at(-1).headers.Authorization, "Bearer token-1");
  source.deliver(ready());
  await settle();
  assert.equal(seen.statuses.at(-1), "online");
  const sent = { ...example("frames", "message.send") };
  assert.equal(transport.send(sent), true);
  const { type: _, ...body } = sent;
  assert.deepEqual(fake.asked.at(-1).body, body);
  assert.equal(fake.asked.at(-1).url, "https://chat.example.com/api/v1/widget/messages");
});

test("a page that forbids sockets outright is served by the stream at once", async () => {
  const sources = [stream(), stream()];
  const fake = world({ sockets: false, respond: async () => new Response(sources[fake.asked.length - 1].body) });
  const { seen } = connect(fake);
  await settle();
  sources[0].deliver(ready());
  await settle();
  assert.equal(seen.statuses.at(-1), "online");
  sources[0].end();
  await fake.pass(2_000);
  assert.equal(fake.asked.length, 2, "a stream that ended is opened again");
});

test("every frame that has a place over HTTP goes there, with its token", async () => {
  const source = stream();
  const fake = world({
    sockets: false,
    respond: async (url) => (url.includes("events") ? new Response(source.body) : new Response(null, { status: 204 })),
  });
  const { transport } = connect(fake);
  await settle();
  source.deliver(ready());
  await settle();
  const posted = [];
  for (const [name, frame] of examples("frames"))
    if (name !== "session.open" && transport.send(frame)) posted.push(name);
  const notCarried = ["conversation.seen", "ping", "session.open", "typing"]; // what a stream has no use for
  const names = [...examples("frames")].map(([name]) => name);
  assert.deepEqual(
    posted,
    names.filter((name) => !notCarried.includes(name)),
  );
  const paths = fake.asked.slice(1).map(({ url }) => url.replace(/^.*widget/, "").replace(/0d6a[\w-]+/, "ID"));
  assert.deepEqual(paths, [
    "/cards/ID/answer",
    "/consent",
    "/conversation/close",
    "/conversation/close",
    "/human",
    "/messages/ID/rating",
    "/messages",
    "/cards/ID/slots",
    "/turns/ID/retry",
    "/turns/ID/stop",
    "/visitor",
  ]);
});

test("a problem document becomes an error event that names its frame", async () => {
  const source = stream();
  const problem = { code: "too_much", title: "Please wait." };
  const fake = world({
    sockets: false,
    respond: async (url) =>
      url.includes("events") ? new Response(source.body) : Response.json(problem, { status: 429 }),
  });
  const { transport, seen } = connect(fake);
  await settle();
  source.deliver(ready());
  await settle();
  transport.send(example("frames", "message.send"));
  await settle();
  assert.deepEqual(seen.events.at(-1), { type: "error", code: "too_much", text: "Please wait.", of: "c-1" });
});

test("over HTTP the answer confirms a message, and a message without an answer in ten seconds ends the connection", async () => {
  const source = stream();
  let answered = true;
  const fake = world({
    sockets: false,
    respond: async (url) =>
      url.includes("events")
        ? new Response(source.body)
        : answered
          ? Response.json({ seq: 1, turn: null }, { status: 202 })
          : new Promise(() => {}),
  });
  const { transport, seen } = connect(fake);
  await settle();
  source.deliver(ready());
  await settle();
  transport.send({ type: "turn.stop", turn: "t" });
  transport.send({ type: "message.send", id: "a", text: "?" });
  await fake.pass(10_000);
  assert.deepEqual([seen.saved, seen.statuses.at(-1)], [["a"], "online"]);
  answered = false;
  transport.send({ type: "message.send", id: "b", text: "?" });
  await fake.pass(10_000);
  assert.deepEqual([seen.saved, seen.statuses.at(-1)], [["a"], "offline"]);
});

test("an answer of a proxy in front of a server that is down means that nothing could be saved just now", async () => {
  const source = stream();
  const fake = world({
    sockets: false,
    respond: async (url) =>
      url.includes("events") ? new Response(source.body) : new Response("<h1>Bad gateway</h1>", { status: 502 }),
  });
  const { transport, seen } = connect(fake);
  await settle();
  source.deliver(ready());
  await settle();
  transport.send(example("frames", "message.send"));
  await settle();
  assert.deepEqual(seen.events.at(-1), { type: "error", code: "unavailable", text: "", of: "c-1" });
});

test("over a stream what was missed is asked for by another stream, from the last event on", async () => {
  const sources = [stream(), stream()];
  const fake = world({ sockets: false, respond: async () => new Response(sources[fake.asked.length - 1].body) });
  const { seen } = connect(fake);
  await settle();
  sources[0].deliver(ready());
  await settle();
  Object.assign(seen, { seq: 4, gap: true });
  sources[0].deliver(example("events", "reply.delta"));
  await settle();
  assert.deepEqual(
    fake.asked.map(({ url }) => url.replace(/.*\?/, "")),
    ["after=0", "after=4"],
  );
});
