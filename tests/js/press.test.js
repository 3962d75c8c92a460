import assert from "node:assert/strict";
import test from "node:test";

const listeners = new Map();
globalThis.addEventListener = (type, listener) => listeners.set(type, listener);
const { released } = await import("../../static/admin-extra/press.js");

const happens = (type, event = {}) => listeners.get(type)(event);
const press = (nodeName = "BUTTON", button = 0) => happens("pointerdown", { button, target: { nodeName } });

/** Says whether what waits for the end of the press has gone on. */
function waiter() {
  const state = { isDone: false };
  released().then(() => (state.isDone = true));
  return async () => {
    await Promise.resolve();
    return state.isDone;
  };
}

test.beforeEach((t) => t.mock.timers.enable({ apis: ["setTimeout"] }));
test.afterEach((t) => t.mock.timers.runAll());

test("what comes while a finger is lifted waits for its click", async (t) => {
  press();
  happens("pointerup");
  t.mock.timers.tick(10);
  const isDone = waiter();
  assert.equal(await isDone(), false);
  happens("click");
  assert.equal(await isDone(), false); // its listeners come first
  t.mock.timers.tick(0);
  assert.equal(await isDone(), true);
});

for (const type of ["pointerup", "pointercancel", "blur"]) {
  test(`a press that ends with a ${type}, and no click, keeps nothing waiting`, async (t) => {
    press();
    const isDone = waiter();
    happens(type);
    t.mock.timers.tick(100);
    assert.equal(await isDone(), true);
  });
}

test("a press whose end was missed ends with the next move", async (t) => {
  press();
  const isDone = waiter();
  happens("pointermove", { buttons: 1 });
  t.mock.timers.tick(100);
  assert.equal(await isDone(), false);
  happens("pointermove", { buttons: 0 });
  t.mock.timers.tick(0);
  assert.equal(await isDone(), true);
});

for (const [what, nodeName, button] of [
  ["another button", "BUTTON", 2],
  ["a select", "SELECT", 0],
]) {
  test(`a press of ${what} ends one whose end was missed, and holds nothing up`, async () => {
    press();
    const isDone = waiter();
    press(nodeName, button);
    assert.equal(await isDone(), true);
    assert.equal(await waiter()(), true);
  });
}
