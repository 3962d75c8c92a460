import assert from "node:assert/strict";
import test from "node:test";
import { createStore, EVENTS, initial, isWaiting, reduce, unread } from "../../static/widget/src/store.js";
import { example, examples } from "./wire.js";

const CONFIG = /** @type {any} */ ({ key: "pk_1", starters: [], max_chars: 4000 });
const start = (kept = {}) => initial(CONFIG, kept);
const play = (state, ...events) => events.reduce(reduce, state);
const said = (seq, role = "assistant", more = {}) => ({
  type: "message.added",
  seq,
  message: { id: `m-${seq}`, role, text: `message ${seq}`, at: "2030-01-04T09:30:04Z", state: "complete", ...more },
});
const ready = (events = [], more = {}) => ({
  type: "session.ready",
  conversation: { id: "c", state: "assistant" },
  events,
  seq: events.at(-1)?.seq ?? 0,
  more: false,
  ...more,
});
const delta = (offset, text, turn = "t") => ({ type: "reply.delta", turn, offset, text });

test("every event of the wire has a handler, and no handler is without an event", () => {
  assert.deepEqual(
    Object.keys(EVENTS).sort(),
    examples("events")
      .map(([name]) => name)
      .sort(),
  );
});

for (const [name, event] of examples("events")) {
  test(`${name}: the example is taken without changing the state before it`, () => {
    const state = Object.freeze(start({ seq: (event.seq ?? 1) - 1 }));
    const next = reduce(state, event);
    assert.ok(next.items && !next.gap === (name !== "reply.delta" && name !== "pong"), "only what was missed is a gap");
  });
}

test("an unknown event changes nothing, not even one named like a property of every object", () => {
  const state = start();
  for (const type of ["message.exploded", "constructor", "__proto__"])
    assert.equal(reduce(state, { type, seq: 1 }), state);
});

test("a session that is ready shows its events and the reply in the making", () => {
  const state = reduce(start(), example("events", "session.ready"));
  assert.deepEqual(
    state.items.map(({ id }) => id),
    ["0d6a1c2e-0000-4000-8000-0000000000a1"],
  );
  assert.equal(state.turn?.text, "These times are ");
  assert.deepEqual(state.turn?.tools, [{ call: "", label: "Looking for free times…" }]);
});

test("a session that is ready continues a reply exactly where its text ended", () => {
  const state = play(start(), example("events", "session.ready"), example("events", "reply.delta"));
  assert.equal(state.turn?.text, "These times are free on Tuesday afternoon.");
});

test("another conversation replaces the one shown, and asks for its beginning if that is missing", () => {
  const before = play(start(), ready([said(1), said(2)]));
  const other = { conversation: { id: "other", state: "assistant" } };
  const whole = reduce(before, ready([said(1, "visitor")], other));
  assert.deepEqual([whole.items.length, whole.seq, whole.gap], [1, 1, false]);
  const partial = reduce(before, ready([said(3)], other));
  assert.deepEqual([partial.items.length, partial.seq, partial.gap], [0, 0, true]);
  const asked = reduce(partial, ready([said(1), said(2), said(3)], other));
  assert.deepEqual([asked.items.length, asked.seq, asked.gap], [3, 3, false]);
});

test("a long history may begin in its middle", () => {
  const state = reduce(start(), ready([said(41), said(42)], { more: true }));
  assert.deepEqual([state.items.length, state.seq, state.gap], [2, 42, false]);
});

test("the same event twice is one line, and a missed one is a gap that is not filled with what came after", () => {
  const state = play(start(), ready(), said(1), said(1), said(3));
  assert.deepEqual([state.items.length, state.seq, state.gap], [1, 1, true]);
  const filled = reduce(state, ready([said(2), said(3)]));
  assert.deepEqual([filled.items.length, filled.seq, filled.gap], [3, 3, false]);
});

test("a pong that knows more than we do is a gap", () => {
  const state = play(start(), ready([said(1)]));
  assert.equal(reduce(state, { type: "pong", seq: 1 }).gap, false);
  assert.equal(reduce(state, { type: "pong", seq: 2 }).gap, true);
});

test("a delta goes to its offset: on, over what gives way, or not at all", () => {
  const state = play(
    start(),
    ready(),
    { type: "turn.started", turn: "t", message: "m" },
    delta(0, "Ten o'"),
    delta(6, "clock"),
  );
  assert.equal(state.turn?.text, "Ten o'clock");
  assert.equal(reduce(state, delta(0, "I could not book it.")).turn?.text, "I could not book it.");
  assert.equal(reduce(state, delta(4, "past")).turn?.text, "Ten past");
  const gap = reduce(state, delta(12, "!"));
  assert.deepEqual([gap.gap, gap.turn?.text], [true, "Ten o'clock"]);
});

test("offsets count code points, not halves of an emoji", () => {
  const state = play(start(), ready(), delta(0, "👋🏽 Hi"), delta(5, "!"));
  assert.equal(state.turn?.text, "👋🏽 Hi!");
  assert.equal(reduce(state, delta(1, "?")).turn?.text, "👋?");
});

test("a reply whose beginning was missed is a gap, not half a sentence", () => {
  const state = play(start(), ready(), delta(9, "afternoon"));
  assert.deepEqual([state.gap, state.turn], [true, null]);
});

test("the message takes the place of the text in the making, and what comes late is not shown", () => {
  const running = play(start(), ready(), { type: "turn.started", turn: "t", message: "m" }, delta(0, "Hello"));
  const replied = reduce(running, said(1, "assistant", { turn: "t", text: "Hello." }));
  assert.deepEqual([replied.turn?.text, replied.turn?.replied], ["", true]);
  const ended = reduce(replied, { type: "turn.ended", seq: 2, turn: "t", outcome: "done" });
  assert.equal(ended.turn, null);
  assert.equal(reduce(ended, delta(5, " there")), ended);
});

test("what an earlier server says of a reply that another goes on with is not shown", () => {
  const state = play(
    start(),
    ready(),
    { type: "turn.started", turn: "t", message: "m", fence: 1 },
    { ...delta(0, "I have"), fence: 1 },
    { type: "tool.started", turn: "t", call: "c", label: "Booking…", fence: 1 },
    { type: "turn.started", turn: "t", message: "m", fence: 2 },
  );
  assert.deepEqual([state.turn?.text, state.turn?.tools, state.turn?.fence], ["", [], 2], "the other begins anew");
  const writing = reduce(state, { ...delta(0, "Yes"), fence: 2 });
  for (const late of [
    { type: "turn.started", turn: "t", message: "m", fence: 1 },
    { ...delta(6, " booked it"), fence: 1 },
    { ...delta(0, "No"), fence: 1 },
    { type: "tool.started", turn: "t", call: "d", label: "Booking…", fence: 1 },
    { type: "tool.finished", turn: "t", call: "c", label: "Booking…", ok: true, fence: 1 },
  ])
    assert.equal(reduce(writing, late), writing, late.type);
});

test("a server whose beginning was missed continues no other's text", () => {
  const state = play(start(), ready(), { ...delta(0, "I have"), fence: 1 });
  assert.equal(reduce(state, { ...delta(6, " not"), fence: 2 }).gap, true);
  assert.equal(reduce(state, { ...delta(0, "Yes"), fence: 2 }).turn?.text, "Yes");
});

test("what comes late for one of the last turns that ended is not shown, whichever it was", () => {
  const ends = (seq, turn) => ({ type: "turn.ended", seq, turn, outcome: "done" });
  const state = play(start(), ready(), ends(1, "a"), ends(2, "b"), ends(3, "c"));
  for (const turn of ["a", "b", "c"]) {
    assert.equal(reduce(state, { ...delta(0, "late", turn), fence: 9 }), state);
    assert.equal(reduce(state, { type: "turn.started", turn, message: "m", fence: 9 }), state);
  }
  const many = Array.from({ length: 500 }, (_, index) => ends(index + 4, `t-${index}`)).reduce(reduce, state);
  assert.equal(many.ended.length, 20);
});

test("tools come and go by their call", () => {
  const tool = example("events", "tool.started");
  const working = play(start(), ready(), { type: "turn.started", turn: tool.turn, message: "m" }, tool);
  assert.equal(working.turn?.tools[0].label, "Looking for free times…");
  assert.deepEqual(reduce(working, example("events", "tool.finished")).turn?.tools, []);
});

test("a tool known from the session alone goes by its label", () => {
  const state = play(start(), example("events", "session.ready"), example("events", "tool.finished"));
  assert.deepEqual(state.turn?.tools, []);
});

test("a failed turn says why, and offers another try until it was answered", () => {
  const failed = play(start(), ready(), said(1, "visitor"), { ...example("events", "turn.ended"), seq: 2 });
  const last = failed.items.at(-1);
  assert.ok(last?.kind === "notice" && last.notice.retryable);
  assert.match(last.notice.text, /cannot answer just now/);
  const retried = reduce(failed, said(3));
  assert.deepEqual(
    retried.items.map(({ kind }) => kind),
    ["message", "message"],
  );
});

test("a turn that was stopped leaves a line only if it left no words", () => {
  const stopped = { type: "turn.ended", turn: "t", outcome: "stopped" };
  assert.equal(play(start(), ready(), { ...stopped, seq: 1 }).items.length, 1);
  const spoke = play(start(), ready(), said(1, "assistant", { turn: "t", state: "stopped" }), { ...stopped, seq: 2 });
  assert.deepEqual(
    spoke.items.map(({ kind }) => kind),
    ["message"],
  );
});

test("a message is shown while it is under way and acknowledged by its client id", () => {
  const message = { id: "c-1", text: "Tuesday?" };
  const written = play(start(), ready(), { type: "message.written", message });
  assert.deepEqual(written.pending, [message]);
  const known = reduce(written, said(1, "visitor", { client_id: "c-1" }));
  assert.deepEqual([known.pending.length, known.items.length], [0, 1]);
});

test("an acknowledgement that another tab has seen already still counts", () => {
  const state = play(start(), ready([said(1, "visitor", { client_id: "c-1" })]), {
    type: "message.written",
    message: { id: "c-1", text: "?" },
  });
  assert.equal(reduce(state, said(1, "visitor", { client_id: "c-1" })).pending.length, 0);
});

test("a refused message says why and stays; another refusal is a problem of its own", () => {
  const written = play(start(), ready(), { type: "message.written", message: { id: "c-1", text: "long" } });
  const refused = reduce(written, example("events", "error"));
  assert.match(refused.pending[0].failed ?? "", /too long/);
  assert.equal(refused.problem, null);
  const other = reduce(written, { type: "error", code: "conflict", text: "No.", of: "card.answer" });
  assert.deepEqual(other.problem, { code: "conflict", text: "No." });
});

for (const [kind, card] of examples("cards")) {
  test(`a ${kind} card is added, answered and updated in its place`, () => {
    let state = play(start(), ready(), { type: "card.added", seq: 1, card }, said(2), {
      type: "card.answering",
      card: card.id,
      choice: "x",
    });
    assert.equal(state.answering[card.id], "x");
    state = reduce(state, { type: "card.updated", seq: 3, card: { ...card, state: "answered", choice: "x" } });
    assert.deepEqual(
      state.items.map((item) => item.kind),
      ["card", "message"],
    );
    assert.ok(state.items[0].kind === "card" && state.items[0].card.state === "answered");
    assert.deepEqual(state.answering, {});
  });
}

test("a card whose addition was before our time is shown by its update", () => {
  assert.equal(play(start({ seq: 4 }), example("events", "card.updated")).items.length, 1);
});

test("a refused click can be made again", () => {
  const state = play(
    start(),
    { type: "card.answering", card: "c", choice: "x" },
    { type: "error", code: "conflict", text: "Taken." },
  );
  assert.deepEqual(state.answering, {});
});

test("a rating shows at once and follows the server", () => {
  const state = play(start(), ready([said(1)]), { type: "rating.given", message: "m-1", value: 1 });
  assert.ok(state.items[0].kind === "message" && state.items[0].message.rating === 1);
  const corrected = reduce(state, { type: "message.rated", seq: 2, message: "m-1", value: -1 });
  assert.ok(corrected.items[0].kind === "message" && corrected.items[0].message.rating === -1);
});

test("a person takes over, writes, and is quiet again", () => {
  const state = play(start({ seq: 6 }), example("events", "conversation.updated"), { type: "staff.typing" });
  assert.deepEqual([state.conversation?.state, state.conversation?.staff, state.staffTyping], ["staff", "Grace", true]);
  assert.equal(reduce(state, said(8, "staff")).staffTyping, false);
});

test("what came while the panel was closed is unread, even across a reload, and the visitor's own words are not", () => {
  const history = ready([said(1, "visitor"), said(2), said(3)]);
  const closed = play(start({ seen: 2 }), history);
  assert.equal(unread(closed), 1);
  const opened = reduce(closed, { type: "panel.opened" });
  assert.deepEqual([unread(opened), opened.seen], [0, 3]);
  assert.equal(unread(play(opened, { type: "panel.closed" }, said(4, "visitor"))), 0);
});

test("an attempt to come back is no reason to say that we are back", () => {
  const change = (connection) => ({ type: "connection.changed", connection });
  const state = play(start(), change("offline"), change("connecting"));
  assert.equal(state.connection, "offline");
  assert.equal(reduce(state, change("online")).connection, "online");
});

test("an answer is due while a turn runs, a message is under way, or a person has been asked for", () => {
  const state = play(start(), ready());
  assert.equal(isWaiting(state), false);
  assert.equal(isWaiting(reduce(state, { type: "turn.started", turn: "t", message: "m" })), true);
  assert.equal(isWaiting(reduce(state, { type: "message.written", message: { id: "c", text: "?" } })), true);
  assert.equal(isWaiting(reduce(state, { type: "conversation.updated", seq: 1, state: "waiting" })), true);
});

test("a conversation that is left leaves nothing behind", () => {
  const state = play(start(), ready([said(1)]), { type: "message.written", message: { id: "c", text: "?" } });
  const { items, pending, seq, conversation } = reduce(state, { type: "conversation.left" });
  assert.deepEqual({ items, pending, seq, conversation }, { items: [], pending: [], seq: 0, conversation: null });
});

test("the store tells of changes, and of nothing else", () => {
  const store = createStore(start());
  const heard = [];
  const stop = store.subscribe((state, before) => heard.push([before.open, state.open]));
  store.dispatch({ type: "nothing.known" });
  store.dispatch({ type: "panel.opened" });
  stop();
  store.dispatch({ type: "panel.closed" });
  assert.deepEqual(heard, [[false, true]]);
});

test("a conversation that waits says whether somebody was told, also when that changes", () => {
  const waits = (seq, notified) => ({ type: "conversation.updated", seq, state: "waiting", notified });
  const state = play(start(), ready(), waits(1, false));
  assert.equal(state.conversation?.notified, false);
  assert.equal(reduce(state, waits(2, true)).conversation?.notified, true);
});
