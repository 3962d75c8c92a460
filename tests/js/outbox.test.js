import assert from "node:assert/strict";
import test from "node:test";
import { createOutbox } from "../../static/widget/src/outbox.js";
import { createStore, initial } from "../../static/widget/src/store.js";

const CONFIG = /** @type {any} */ ({ key: "pk_1", starters: [], max_chars: 4000 });

/** A widget that is online, whose frames are noted and whose one timer runs when the test calls for it. */
function widget({ pending = [], goesOut = () => true } = {}) {
  const store = createStore(initial(CONFIG, { pending, connection: "online" }));
  const sent = [];
  const timers = [];
  const transport = { send: (frame) => goesOut() && (sent.push(frame.id ?? frame.card), true) };
  const world = { setTimeout: (run) => timers.push(run), clearTimeout: () => timers.splice(0), random: () => 0.5 };
  const outbox = createOutbox(store, transport, world);
  store.subscribe(outbox.update);
  let seq = 0;
  return {
    sent,
    outbox,
    timers,
    store,
    write: (id) => store.dispatch({ type: "message.written", message: { id, text: id } }),
    answer: (card) => store.dispatch({ type: "card.answering", card, answer: { choice: "x" } }),
    acknowledge: (id) =>
      store.dispatch({
        type: "message.added",
        seq: ++seq,
        message: { id: `row-${id}`, client_id: id, role: "visitor", text: id, at: "", state: "complete" },
      }),
    refuse(id, code) {
      const event = { type: "error", code, text: "No.", of: id };
      store.dispatch(event);
      outbox.onError(event);
    },
    turn: (connection) => store.dispatch({ type: "connection.changed", connection }),
    wait: () => timers.splice(0).forEach((run) => run()),
  };
}

test("the next message goes out once the one before is acknowledged", () => {
  const { sent, write, acknowledge } = widget();
  for (const id of ["a", "b", "c"]) write(id);
  assert.deepEqual(sent, ["a"]);
  acknowledge("a");
  assert.deepEqual(sent, ["a", "b"]);
  acknowledge("b");
  acknowledge("c");
  assert.deepEqual(sent, ["a", "b", "c"]);
});

test("over HTTP the server's confirmation is enough", () => {
  const { sent, outbox, write, acknowledge } = widget();
  write("a");
  write("b");
  outbox.onSaved("a");
  assert.deepEqual(sent, ["a", "b"]);
  acknowledge("a");
  assert.deepEqual(sent, ["a", "b"]);
});

test("what was under way when the connection was lost goes first on the next one", () => {
  const { sent, outbox, write, turn } = widget();
  write("a");
  write("b");
  outbox.onSaved("a"); // its answer was there, its row was not shown
  turn("offline");
  write("c");
  turn("connecting");
  turn("online");
  assert.deepEqual(sent, ["a", "b", "a"]);
});

test("what an earlier page has left goes out before what is written on this one", () => {
  const { sent, write, acknowledge } = widget({ pending: [{ id: "old", text: "?" }] });
  write("new");
  acknowledge("old");
  assert.deepEqual(sent, ["old", "new"]);
});

test("what could not be saved just now is sent again after a while, and nothing overtakes it", () => {
  const { sent, store, timers, write, refuse, wait, acknowledge } = widget();
  write("a");
  write("b");
  refuse("a", "unavailable");
  assert.deepEqual([sent, timers.length, store.get().problem?.code], [["a"], 1, "unavailable"]);
  assert.equal(store.get().pending[0].failed, undefined, "it is not the visitor who has to try again");
  wait();
  assert.deepEqual(sent, ["a", "a"]);
  acknowledge("a");
  assert.deepEqual([sent, store.get().problem], [["a", "a", "b"], null]);
});

test("a new connection does not wait for a delay of the last one", () => {
  const { sent, timers, write, refuse, turn } = widget();
  write("a");
  refuse("a", "unavailable");
  turn("connecting");
  turn("online");
  assert.deepEqual([sent, timers.length], [["a", "a"], 0]);
});

test("a message that is refused for good makes way, and goes behind the others when it is tried again", () => {
  const { sent, write, refuse, acknowledge } = widget();
  write("a");
  write("b");
  write("c");
  refuse("a", "message_too_long");
  assert.deepEqual(sent, ["a", "b"]);
  write("a");
  acknowledge("b");
  acknowledge("c");
  assert.deepEqual(sent, ["a", "b", "c", "a"]);
});

test("a message that was refused goes out again under its id when the visitor tries it again", () => {
  const { sent, write, refuse } = widget();
  write("a");
  refuse("a", "too_much");
  write("a");
  assert.deepEqual(sent, ["a", "a"]);
});

test("what did not go out is tried with the next change, not taken for sent", () => {
  let out = false;
  const { sent, write } = widget({ goesOut: () => out });
  write("a");
  out = true;
  write("b");
  assert.deepEqual(sent, ["a"]);
});

test("an answer on a card goes out once, and does not wait for a message", () => {
  const { sent, write, answer, acknowledge } = widget();
  write("a");
  answer("card-1");
  acknowledge("a");
  assert.deepEqual(sent, ["a", "card-1"]);
});

test("an answer goes out again where the connection is lost before the server shows it", () => {
  const { sent, answer, turn } = widget();
  answer("card-1");
  turn("offline");
  turn("online");
  assert.deepEqual(sent, ["card-1", "card-1"]);
});

test("an answer that could not be saved just now is sent again after a while", () => {
  const { sent, timers, answer, refuse, wait } = widget();
  answer("card-1");
  refuse("card.answer", "unavailable");
  assert.deepEqual([sent, timers.length], [["card-1"], 1]);
  wait();
  assert.deepEqual(sent, ["card-1", "card-1"]);
});

test("a refused answer is not sent again by itself, and a new one is", () => {
  const { sent, timers, answer, refuse } = widget();
  answer("card-1");
  refuse("card.answer", "conflict");
  assert.deepEqual([sent, timers.length], [["card-1"], 0]);
  answer("card-1");
  assert.deepEqual(sent, ["card-1", "card-1"]);
});
