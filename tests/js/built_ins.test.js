import assert from "node:assert/strict";
import test from "node:test";
import { missing } from "../../static/widget/src/built_ins.js";

/** What is missing while `name` of `owner` is `value`. */
function without(owner, name, value) {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  try {
    return missing();
  } finally {
    Object.defineProperty(owner, name, own);
  }
}

test("nothing is missing where nothing was changed, nor where what was changed still works", () => {
  assert.equal(missing(), "");
  const { map } = Array.prototype;
  const wrapped = function (...all) {
    return map.apply(this, all);
  };
  assert.equal(without(Array.prototype, "map", wrapped), "");
  assert.equal(
    without(globalThis, "fetch", () => {}),
    "",
  );
});

const returned = function () {
  return this;
};
for (const [owner, name, value, found] of [
  [globalThis, "fetch", undefined, "fetch"],
  [globalThis, "AbortController", undefined, "AbortController"],
  [globalThis, "Intl", undefined, "Intl"],
  [globalThis, "queueMicrotask", undefined, "queueMicrotask"],
  [globalThis, "Set", function () {}, "Set"],
  [Intl, "DateTimeFormat", undefined, "Intl"],
  [JSON, "parse", () => ({}), "JSON"],
  [Object, "entries", undefined, "Object"],
  [Array.prototype, "map", returned, "Array.prototype"],
  [Array.prototype, "filter", returned, "Array.prototype"],
  [Array.prototype, "forEach", returned, "Array.prototype"],
  [Array.prototype, "at", () => "x", "Array.prototype"],
  [Map.prototype, Symbol.iterator, undefined, "Map"],
  [String.prototype, "replace", () => "", "String.prototype"],
  [Function.prototype, "bind", undefined, "Function.prototype"],
])
  test(`a page where ${String(name)} does not work is missing ${found}`, () => {
    assert.equal(without(owner, name, value), found);
  });
