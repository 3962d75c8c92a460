import assert from "node:assert/strict";
import test from "node:test";
import { consentDue, createStore, EVENTS, initial, isWaiting, reduce, unread } from "../../static/widget/src/store.js";
import { example, examples } from "./wire.js";

const CONFIG = /** @type {any} */ ({ key: "pk_1", starters: [], max_chars: 4000 });
const start = (kept = {}) => initial(CONFIG, kept);
const play = (state, ...events) => events.reduce(reduce, state);
const added = (seq, role = "assistant", more = {}) => ({
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
  const before = play(start(), ready([added(1), added(2)]));
  const other = { conversation: { id: "other", state: "assistant" } };
  const whole = reduce(before, ready([added(1, "visitor")], other));
  assert.deepEqual([whole.items.length, whole.seq, whole.gap], [1, 1, false]);
  const partial = reduce(before, ready([added(3)], other));
  assert.deepEqual([partial.items.length, partial.seq, partial.gap], [0, 0, true]);
  const asked = reduce(partial, ready([added(1), added(2), added(3)], other));
  assert.deepEqual([asked.items.length, asked.seq, asked.gap], [3, 3, false]);
});

test("a long history may begin in its middle", () => {
  const state = reduce(start(), ready([added(41), added(42)], { more: true }));
  assert.deepEqual([state.items.length, state.seq, state.gap], [2, 42, false]);
});

test("the same event twice is one line, and a missed one is a gap that is not filled with what came after", () => {
  const state = play(start(), ready(), added(1), added(1), added(3));
  assert.deepEqual([state.items.length, state.seq, state.gap], [1, 1, true]);
  const filled = reduce(state, ready([added(2), added(3)]));
  assert.deepEqual([filled.items.length, filled.seq, filled.gap], [3, 3, false]);
});

test("a pong with a later number is a gap", () => {
  const state = play(start(), ready([added(1)]));
  assert.equal(reduce(state, { type: "pong", seq: 1 }).gap, false);
  assert.equal(reduce(state, { type: "pong", seq: 2 }).gap, true);
});

test("a delta is placed at its offset: it appends, replaces, or reports a gap", () => {
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

test("the message replaces the streamed text, and late deltas are ignored", () => {
  const running = play(start(), ready(), { type: "turn.started", turn: "t", message: "m" }, delta(0, "Hello"));
  const replied = reduce(running, added(1, "assistant", { turn: "t", text: "Hello." }));
  assert.deepEqual([replied.turn?.text, replied.turn?.replied], ["", true]);
  const ended = reduce(replied, { type: "turn.ended", seq: 2, turn: "t", outcome: "done" });
  assert.equal(ended.turn, null);
  assert.equal(reduce(ended, delta(5, " there")), ended);
});

test("events of an earlier server for a reply that another has taken over are ignored", () => {
  const state = play(
    start(),
    ready(),
    { type: "turn.started", turn: "t", message: "m", fence: 1 },
    { ...delta(0, "I have"), fence: 1 },
    { type: "tool.started", turn: "t", call: "c", label: "Booking…", fence: 1 },
    { type: "turn.started", turn: "t", message: "m", fence: 2 },
  );
  assert.deepEqual([state.turn?.text, state.turn?.tools, state.turn?.fence], ["", [], 2], "the other starts over");
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

test("a delta of a server whose beginning was missed does not continue another's text", () => {
  const state = play(start(), ready(), { ...delta(0, "I have"), fence: 1 });
  assert.equal(reduce(state, { ...delta(6, " not"), fence: 2 }).gap, true);
  assert.equal(reduce(state, { ...delta(0, "Yes"), fence: 2 }).turn?.text, "Yes");
});

test("late events of any of the last turns that ended are ignored", () => {
  const ends = (seq, turn) => ({ type: "turn.ended", seq, turn, outcome: "done" });
  const state = play(start(), ready(), ends(1, "a"), ends(2, "b"), ends(3, "c"));
  for (const turn of ["a", "b", "c"]) {
    assert.equal(reduce(state, { ...delta(0, "late", turn), fence: 9 }), state);
    assert.equal(reduce(state, { type: "turn.started", turn, message: "m", fence: 9 }), state);
  }
  const many = Array.from({ length: 500 }, (_, index) => ends(index + 4, `t-${index}`)).reduce(reduce, state);
  assert.equal(many.ended.length, 20);
});

test("tools are added and removed by their call", () => {
  const tool = example("events", "tool.started");
  const working = play(start(), ready(), { type: "turn.started", turn: tool.turn, message: "m" }, tool);
  assert.equal(working.turn?.tools[0].label, "Looking for free times…");
  assert.deepEqual(reduce(working, example("events", "tool.finished")).turn?.tools, []);
});

test("a tool known only from the session is removed by its label", () => {
  const state = play(start(), example("events", "session.ready"), example("events", "tool.finished"));
  assert.deepEqual(state.turn?.tools, []);
});

test("a failed turn shows its reason, and can be retried until it is answered", () => {
  const failed = play(start(), ready(), added(1, "visitor"), { ...example("events", "turn.ended"), seq: 2 });
  const last = failed.items.at(-1);
  assert.ok(last?.kind === "notice" && last.notice.retryable);
  assert.match(last.notice.text, /cannot answer just now/);
  const retried = reduce(failed, added(3));
  assert.deepEqual(
    retried.items.map(({ kind }) => kind),
    ["message", "message"],
  );
});

test("a stopped turn leaves a notice only if it left no message", () => {
  const stopped = { type: "turn.ended", turn: "t", outcome: "stopped" };
  assert.equal(play(start(), ready(), { ...stopped, seq: 1 }).items.length, 1);
  const spoke = play(start(), ready(), added(1, "assistant", { turn: "t", state: "stopped" }), { ...stopped, seq: 2 });
  assert.deepEqual(
    spoke.items.map(({ kind }) => kind),
    ["message"],
  );
});

test("a message is shown while it is under way and acknowledged by its client id", () => {
  const message = { id: "c-1", text: "Tuesday?" };
  const written = play(start(), ready(), { type: "message.written", message });
  assert.deepEqual(written.pending, [message]);
  const known = reduce(written, added(1, "visitor", { client_id: "c-1" }));
  assert.deepEqual([known.pending.length, known.items.length], [0, 1]);
});

test("an acknowledgement that another tab has seen already still counts", () => {
  const state = play(start(), ready([added(1, "visitor", { client_id: "c-1" })]), {
    type: "message.written",
    message: { id: "c-1", text: "?" },
  });
  assert.equal(reduce(state, added(1, "visitor", { client_id: "c-1" })).pending.length, 0);
});

test("a refused message stays with its reason; any other refusal becomes a problem", () => {
  const written = play(start(), ready(), { type: "message.written", message: { id: "c-1", text: "long" } });
  const refused = reduce(written, example("events", "error"));
  assert.match(refused.pending[0].failed ?? "", /too long/);
  assert.equal(refused.problem, null);
  const other = reduce(written, { type: "error", code: "conflict", text: "No.", of: "card.answer" });
  assert.deepEqual(other.problem, { code: "conflict", text: "No." });
});

for (const [kind, card] of examples("cards")) {
  test(`a ${kind} card is added, answered and updated in its place`, () => {
    let state = play(start(), ready(), { type: "card.added", seq: 1, card }, added(2), {
      type: "card.answering",
      card: card.id,
      answer: { choice: "x" },
    });
    assert.deepEqual(state.answering[card.id], { choice: "x" });
    state = reduce(state, { type: "card.updated", seq: 3, card: { ...card, state: "answered", choice: "x" } });
    assert.deepEqual(
      state.items.map((item) => item.kind),
      ["card", "message"],
    );
    assert.ok(state.items[0].kind === "card" && state.items[0].card.state === "answered");
    assert.deepEqual(state.answering, {});
  });
}

test("a card whose addition was missed is shown by its update", () => {
  assert.equal(play(start({ seq: 4 }), example("events", "card.updated")).items.length, 1);
});

test("a refused click can be made again", () => {
  const state = play(
    start(),
    { type: "card.answering", card: "c", answer: { choice: "x" } },
    { type: "error", code: "conflict", text: "Taken." },
  );
  assert.deepEqual(state.answering, {});
});

test("a click that could not be saved just now stays on its way, and the banner goes once it is saved", () => {
  const [, card] = examples("cards")[0];
  const clicked = play(
    start(),
    ready([{ type: "card.added", seq: 1, card }]),
    { type: "card.answering", card: card.id, answer: { choice: "x" } },
    { type: "error", code: "unavailable", text: "Wait.", of: "card.answer" },
  );
  assert.deepEqual(clicked.answering, { [card.id]: { choice: "x" } });
  const saved = reduce(clicked, { type: "card.updated", seq: 2, card: { ...card, state: "answered", choice: "x" } });
  assert.deepEqual([saved.answering, saved.problem], [{}, null]);
});

test("a click outlives its connection while its card is open", () => {
  const [, card] = examples("cards")[0];
  const open = { type: "card.added", seq: 1, card: { ...card, state: "open" } };
  const clicked = play(start(), ready([open]), { type: "card.answering", card: card.id, answer: { choice: "x" } });
  assert.deepEqual(play(clicked, ready()).answering, { [card.id]: { choice: "x" } });
  const closed = { type: "card.updated", seq: 2, card: { ...card, state: "expired" } };
  assert.deepEqual(play(clicked, ready([closed])).answering, {});
});

test("a rating shows at once and follows the server", () => {
  const state = play(start(), ready([added(1)]), { type: "rating.given", message: "m-1", value: 1 });
  assert.ok(state.items[0].kind === "message" && state.items[0].message.rating === 1);
  const corrected = reduce(state, { type: "message.rated", seq: 2, message: "m-1", value: -1 });
  assert.ok(corrected.items[0].kind === "message" && corrected.items[0].message.rating === -1);
});

test("a member of staff takes over, types, and stops typing", () => {
  const state = play(start({ seq: 6 }), example("events", "conversation.updated"), { type: "staff.typing" });
  assert.deepEqual([state.conversation?.state, state.conversation?.staff, state.staffTyping], ["staff", "Grace", true]);
  assert.equal(reduce(state, added(8, "staff")).staffTyping, false);
});

test("a person has read as far as the server says, never less than before, and it is no durable event", () => {
  const state = play(start({ seq: 6 }), example("events", "conversation.updated"));
  const read = play(state, { type: "conversation.read", upto: 6 }, { type: "conversation.read", upto: 4 });
  assert.deepEqual([read.conversation?.read, read.seq, read.gap], [6, 7, false]);
  assert.equal(reduce(start(), { type: "conversation.read", upto: 6 }).conversation, null);
});

test("older events come before the others, once, and are no news", () => {
  const history = [added(1, "visitor"), added(2), added(3)];
  const newest = play(start(), { ...ready(history.slice(2)), more: true });
  assert.deepEqual([newest.items.length, newest.seq], [1, 3]);
  const id = newest.conversation?.id;
  const all = play(newest, { type: "history.loaded", conversation: id, events: history });
  assert.deepEqual(
    all.items.map(({ seq }) => seq),
    [1, 2, 3],
  );
  assert.deepEqual([all.seq, all.gap, all.seen], [newest.seq, false, newest.seen]);
  assert.equal(play(newest, { type: "history.loaded", conversation: "another", events: history }), newest);
});

test("what came while the panel was closed is unread, even across a reload, and the visitor's own words are not", () => {
  const history = ready([added(1, "visitor"), added(2), added(3)]);
  const closed = play(start({ seen: 2 }), history);
  assert.equal(unread(closed), 1);
  const opened = reduce(closed, { type: "panel.opened" });
  assert.deepEqual([unread(opened), opened.seen], [0, 3]);
  assert.equal(unread(play(opened, { type: "panel.closed" }, added(4, "visitor"))), 0);
});

test("the state stays offline while a reconnection is attempted", () => {
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
  const state = play(start(), ready([added(1)]), { type: "message.written", message: { id: "c", text: "?" } });
  const { items, pending, seq, conversation } = reduce(state, { type: "conversation.left" });
  assert.deepEqual({ items, pending, seq, conversation }, { items: [], pending: [], seq: 0, conversation: null });
});

test("the store calls its listeners for changes and for nothing else", () => {
  const store = createStore(start());
  const changes = [];
  const stop = store.subscribe((state, before) => changes.push([before.open, state.open]));
  store.dispatch({ type: "nothing.known" });
  store.dispatch({ type: "panel.opened" });
  stop();
  store.dispatch({ type: "panel.closed" });
  assert.deepEqual(changes, [[false, true]]);
});

test("a waiting conversation shows whether staff were notified, also when that changes", () => {
  const waits = (seq, notified) => ({ type: "conversation.updated", seq, state: "waiting", notified });
  const state = play(start(), ready(), waits(1, false));
  assert.equal(state.conversation?.notified, false);
  assert.equal(reduce(state, waits(2, true)).conversation?.notified, true);
});

test("consent is due until the server has said otherwise, and over once it is saved", () => {
  const asking = initial({ ...CONFIG, consent: true });
  assert.equal(consentDue(asking), true);
  const ready = { type: "session.ready", events: [], seq: 0, more: false };
  const asked = reduce(asking, { ...ready, conversation: { id: "c", state: "assistant", consent: "We keep this." } });
  assert.equal(consentDue(asked), "We keep this.");
  assert.equal(consentDue(reduce(asked, { type: "consent.saved" })), undefined);
  assert.equal(consentDue(reduce(asking, { ...ready, conversation: { id: "c", state: "assistant" } })), undefined);
  assert.ok(!consentDue(initial(CONFIG)));
});
