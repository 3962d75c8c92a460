import assert from "node:assert/strict";
import test from "node:test";
import { createBackoff, Refused, retryDelay } from "../../../static/widget/src/transport/backoff.js";

test("the delay before coming back is anywhere below a ceiling that doubles from one second to thirty", () => {
  assert.equal(retryDelay(0, 0), 500);
  assert.deepEqual(
    [0, 1, 2, 5, 50].map((attempt) => retryDelay(attempt, 1)),
    [1_000, 2_000, 4_000, 30_000, 30_000],
  );
  const delays = Array.from({ length: 500 }, () => retryDelay(5, Math.random()));
  assert.ok(
    Math.max(...delays) - Math.min(...delays) > 10_000,
    "five hundred widgets are spread over more than ten seconds",
  );
});

test("the ceiling of the delay rises with every failure and falls back once there is a connection again", () => {
  const backoff = createBackoff(() => 1);
  assert.deepEqual([backoff.next(), backoff.next(), backoff.next()], [1_000, 2_000, 4_000]);
  backoff.reset();
  assert.equal(backoff.next(), 1_000);
});

test("a server that asks for more patience than the delay gets it", () => {
  const backoff = createBackoff(() => 0);
  assert.deepEqual([backoff.next(20_000), backoff.next(0)], [20_000, 500]);
});

test("only the first failure in a row may be tried again without waiting", () => {
  const backoff = createBackoff(() => 1);
  assert.deepEqual([backoff.isFirst(), backoff.isFirst()], [true, false]);
  assert.equal(backoff.next(), 2_000, "and it counts as one");
  backoff.reset();
  assert.equal(backoff.isFirst(), true);
});

test("another try does not change a refusal of the page or of the key, but it may change any other", () => {
  const final = [401, 403, 404, 429, 500, 503].filter((status) => new Refused(status).final);
  assert.deepEqual(final, [403, 404]);
  assert.equal(new Refused(429, 7).retryAfterMs, 7_000);
  assert.equal(new Refused(429, NaN).retryAfterMs, 0, "without a Retry-After header");
});
