import assert from "node:assert/strict";
import test from "node:test";
import { emitChanges } from "../../../static/widget/src/panel/page_events.js";
import { initial, reduce } from "../../../static/widget/src/store.js";

const CONFIG = /** @type {any} */ ({ key: "pk_1", starters: [], max_chars: 4000 });
const online = { type: "connection.changed", connection: "online" };
const ready = { type: "session.ready", conversation: { id: "c", state: "assistant" }, events: [], seq: 0, more: false };
const added = (seq, role, text = "secret") => ({
  type: "message.added",
  seq,
  message: { id: `m-${seq}`, role, text, at: "2030-01-04T09:30:04Z", state: "complete" },
});

/** The page's events for each of `events`, in their order. */
function emitted(...events) {
  const seen = [];
  let state = initial(CONFIG);
  for (const event of events) {
    const before = state;
    state = reduce(before, event);
    emitChanges((name, detail) => seen.push(detail === undefined ? [name] : [name, detail]), state, before);
  }
  return seen;
}

test("messages and cards are reported by id, role and kind, never with their text", () => {
  const card = { type: "card.added", seq: 3, card: { id: "k", kind: "slots", state: "open", at: "", title: "secret" } };
  const seen = emitted(ready, online, { type: "panel.opened" }, added(1, "visitor"), added(2, "assistant"), card);
  assert.deepEqual(seen.slice(-3), [
    ["message:sent", { id: "m-1", role: "visitor" }],
    ["message:received", { id: "m-2", role: "assistant" }],
    ["card", { id: "k", kind: "slots" }],
  ]);
  assert.doesNotMatch(JSON.stringify(seen), /secret/);
});

test("the history that a session brings is not reported as new", () => {
  const history = { ...ready, events: [added(1, "visitor"), added(2, "assistant")], seq: 2 };
  const names = emitted(history, online).map(([name]) => name);
  assert.deepEqual(names, ["unread", "conversation"]);
});

test("opening, closing, unread messages, the state of the conversation and errors are reported once each", () => {
  const seen = emitted(
    ready,
    online,
    { type: "panel.opened" },
    { type: "panel.closed" },
    { type: "panel.closed" },
    added(1, "assistant"),
    { type: "conversation.updated", seq: 2, state: "waiting" },
    { type: "error", code: "conflict", text: "No." },
  );
  assert.deepEqual(seen, [
    ["conversation", { state: "assistant" }],
    ["open"],
    ["close"],
    ["unread", { count: 1 }],
    ["message:received", { id: "m-1", role: "assistant" }],
    ["conversation", { state: "waiting" }],
    ["error", { code: "conflict" }],
  ]);
});
