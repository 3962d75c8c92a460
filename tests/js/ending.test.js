import assert from "node:assert/strict";
import test from "node:test";
import { isToBeRated } from "../../static/widget/src/ending/rating.js";

const state = (/** @type {any} */ conversation, ...roles) =>
  /** @type {any} */ ({ conversation, items: roles.map((role) => ({ kind: "message", message: { role } })) });

test("a conversation is rated once it has ended, if anybody has answered", () => {
  assert.equal(isToBeRated(state({ state: "closed" }, "visitor", "assistant")), true);
  assert.equal(isToBeRated(state({ state: "closed" }, "visitor", "staff")), true);
  assert.equal(isToBeRated(state({ state: "closed" }, "visitor")), false);
  assert.equal(isToBeRated(state({ state: "assistant" }, "visitor", "assistant")), false);
  assert.equal(isToBeRated(state(null)), false);
});

test("a rating that the server has is not asked for again", () => {
  assert.equal(isToBeRated(state({ state: "closed", rating: 2 }, "assistant")), false);
});
