import assert from "node:assert/strict";
import test from "node:test";
import { createFlow } from "../../../static/widget/src/panel/flow.js";
import { createStore, initial } from "../../../static/widget/src/store.js";

const CONFIG = /** @type {any} */ ({ key: "pk_1", starters: [], max_chars: 4000 });
const delta = (offset, text) => ({ type: "reply.delta", turn: "t", offset, text });
const ended = { type: "turn.ended", turn: "t", seq: 1, outcome: "answered" };

/** A flow on a clock of its own: `at` moves it on, and runs what is due meanwhile. */
function flowing() {
  const store = createStore(initial(CONFIG));
  /** @type {{ run: () => void, due: number }[]} */
  let timers = [];
  let time = 10_000;
  const world = {
    setTimeout: (run, ms) => timers.push({ run, due: time + ms }) && timers.at(-1),
    clearTimeout: (timer) => void (timers = timers.filter((one) => one !== timer)),
  };
  const take = createFlow(store, /** @type {any} */ (world), () => time);
  const text = () => store.get().turn?.text;
  function at(ms) {
    for (let next; (next = timers.find(({ due }) => due <= 10_000 + ms));) {
      time = next.due;
      timers = timers.filter((one) => one !== next);
      next.run();
    }
    time = 10_000 + ms;
    return text();
  }
  return { store, take, text, at };
}

test("text that comes after a while is shown word by word until the next is due", () => {
  const { take, text, at } = flowing();
  take(delta(0, "We are"));
  assert.equal(text(), "We are");
  at(200);
  take(delta(6, " open until six today, always."));
  assert.equal(text(), "We are open");
  assert.equal(at(239), "We are open");
  assert.equal(at(241), "We are open until");
  assert.equal(at(281), "We are open until six");
  assert.equal(at(399), "We are open until six today, always.");
});

test("text that comes fast, or after a long silence, is shown as it comes", () => {
  const { take, text, at } = flowing();
  take(delta(0, "One two three"));
  at(50);
  take(delta(13, " four five six"));
  assert.equal(text(), "One two three four five six");
  at(5_000);
  take(delta(27, " and seven, eight"));
  assert.equal(text(), "One two three four five six and seven, eight");
});

test("what else comes is shown after all of the text before it", () => {
  const { store, take, at } = flowing();
  take(delta(0, "We"));
  at(200);
  take(delta(2, " are open until six"));
  const shown = [];
  store.subscribe((state) => shown.push(state.turn?.text ?? null));
  take({ type: "tool.started", turn: "t", call: "c", label: "Looking" });
  assert.equal(shown.at(-1), "We are open until six");
  take(ended);
  assert.equal(store.get().turn, null);
});

test("the next text comes after all of the text before it, and takes back what lies beyond it", () => {
  const { take, text, at } = flowing();
  take(delta(0, "It is"));
  at(200);
  take(delta(5, " booked for you at ten"));
  at(210);
  take(delta(5, ""));
  assert.equal(text(), "It is");
  assert.equal(at(2_000), "It is");
});

test("nothing is shown of a conversation that was left meanwhile", () => {
  const { store, take, at } = flowing();
  take(delta(0, "We"));
  at(200);
  take(delta(2, " are open until six"));
  store.dispatch({ type: "conversation.left" });
  at(2_000);
  assert.equal(store.get().turn, null);
});

test("offsets count code points, also where letters are shown one by one", () => {
  const { take, text, at } = flowing();
  take(delta(0, "😀"));
  at(200);
  take(delta(1, "我们今天营业👍到六点"));
  assert.ok([.../** @type {string} */ (text())].length < 6);
  assert.equal(at(400), "😀我们今天营业👍到六点");
});
