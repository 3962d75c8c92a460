import assert from "node:assert/strict";
import test from "node:test";
import { createSavedEntries } from "../../static/widget/src/saved_entries.js";
import { createStorage } from "../../static/widget/src/storage.js";

const savedIn = (key, area) => createSavedEntries(createStorage(key, area));

function area() {
  const rows = new Map();
  return { getItem: (name) => rows.get(name) ?? null, setItem: (name, text) => rows.set(name, text), rows };
}

test("two tabs share what is kept, and neither overwrites the other's messages", () => {
  const shared = area();
  const [one, two] = [savedIn("pk_1", () => shared), savedIn("pk_1", () => shared)];
  one.keep({ id: "a", text: "1" });
  two.keep({ id: "b", text: "2" });
  one.keep({ id: "a", text: "1" });
  assert.deepEqual(
    two.read().outbox?.map(({ id }) => id),
    ["b", "a"],
  );
  two.drop("a");
  assert.deepEqual(one.read().outbox, [{ id: "b", text: "2" }]);
});

test("assistants on one site do not meet", () => {
  const shared = area();
  savedIn("pk_1", () => shared).write({ open: true });
  assert.deepEqual(savedIn("pk_2", () => shared).read(), {});
});

test("where storage is refused or full, the page remembers", () => {
  const refused = savedIn("pk_1", () => {
    throw new Error("SecurityError");
  });
  refused.keep({ id: "a", text: "1" });
  assert.deepEqual(refused.read().outbox, [{ id: "a", text: "1" }]);
  const full = savedIn("pk_1", () => ({
    getItem: () => null,
    setItem: () => {
      throw new Error("QuotaExceededError");
    },
  }));
  full.write({ session: { token: "t", expires_at: "" } });
  full.write({ open: true });
  assert.equal(full.read().session?.token, "t");
});

test("what another script wrote there is not trusted", () => {
  const shared = area();
  for (const text of ["", "null", "{", "7"]) {
    shared.rows.set("interworky:pk_1", text);
    assert.equal(savedIn("pk_1", () => shared).read().session, undefined);
  }
});

test("forgetting a visitor keeps nothing of theirs", () => {
  const storage = savedIn("pk_1", area);
  const shared = area();
  const saved = savedIn("pk_1", () => shared);
  saved.write({
    session: { token: "t", expires_at: "" },
    seen: 3,
    draft: "secret",
    open: true,
    config: { accent: "#000000" },
  });
  saved.keep({ id: "a", text: "1" });
  saved.clear();
  assert.deepEqual(saved.read(), { config: { accent: "#000000" } });
  assert.deepEqual(storage.read(), {});
});

test("whatever another script left there, the widget reads entries of the right type or nothing", () => {
  const strange = [
    '"[object Object]"',
    "[1, 2]",
    "null",
    "7",
    "{",
    '{"seen": "4", "open": 1, "draft": {}, "config": [], "session": "x"}',
  ];
  for (const text of strange) {
    const shared = area();
    shared.rows.set("interworky:pk_1", text);
    const saved = savedIn("pk_1", () => shared);
    assert.deepEqual(saved.read(), {}, text);
    saved.keep({ id: "a", text: "1" });
    assert.deepEqual(saved.read().outbox, [{ id: "a", text: "1" }], text);
  }
  const shared = area();
  shared.rows.set(
    "interworky:pk_1",
    JSON.stringify({ outbox: [{ id: "a", text: "1" }, "b", null, { id: 3 }], seen: 4 }),
  );
  assert.deepEqual(savedIn("pk_1", () => shared).read(), { outbox: [{ id: "a", text: "1" }], seen: 4 });
});

test("a page that gives arrays a toJSON of its own does not spoil what is kept", () => {
  const shared = area();
  // What Prototype.js 1.6 does: the array becomes a string within the JSON.
  Object.defineProperty(Array.prototype, "toJSON", { value: () => "[]", configurable: true });
  try {
    savedIn("pk_1", () => shared).keep({ id: "a", text: 'They wrote: "yes"\n', page: { url: "/", title: "" } });
  } finally {
    delete Array.prototype.toJSON;
  }
  assert.deepEqual(JSON.parse(shared.rows.get("interworky:pk_1")), {
    outbox: [{ id: "a", text: 'They wrote: "yes"\n', page: { url: "/", title: "" } }],
  });
});

test("a visitor who is forgotten leaves the look of the assistant alone", () => {
  const shared = area();
  const saved = savedIn("pk_1", () => shared);
  saved.write({ config: { accent: "#123456" }, seen: 4, draft: "x" });
  saved.clear();
  assert.deepEqual(saved.read(), { config: { accent: "#123456" } });
});
