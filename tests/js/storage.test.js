import assert from "node:assert/strict";
import test from "node:test";
import { createKept } from "../../static/widget/src/kept.js";
import { createStorage } from "../../static/widget/src/storage.js";

const keptIn = (key, area) => createKept(createStorage(key, area));

function area() {
  const rows = new Map();
  return { getItem: (name) => rows.get(name) ?? null, setItem: (name, text) => rows.set(name, text), rows };
}

test("two tabs share what is kept, and neither overwrites the other's messages", () => {
  const shared = area();
  const [one, two] = [keptIn("pk_1", () => shared), keptIn("pk_1", () => shared)];
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
  keptIn("pk_1", () => shared).write({ open: true });
  assert.deepEqual(keptIn("pk_2", () => shared).read(), {});
});

test("where storage is refused or full, the page remembers", () => {
  const refused = keptIn("pk_1", () => {
    throw new Error("SecurityError");
  });
  refused.keep({ id: "a", text: "1" });
  assert.deepEqual(refused.read().outbox, [{ id: "a", text: "1" }]);
  const full = keptIn("pk_1", () => ({
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
    assert.equal(keptIn("pk_1", () => shared).read().session, undefined);
  }
});

test("forgetting a visitor keeps nothing of theirs", () => {
  const storage = keptIn("pk_1", area);
  const shared = area();
  const kept = keptIn("pk_1", () => shared);
  kept.write({
    session: { token: "t", expires_at: "" },
    seen: 3,
    draft: "secret",
    open: true,
    config: { accent: "#000000" },
  });
  kept.keep({ id: "a", text: "1" });
  kept.clear();
  assert.deepEqual(kept.read(), { config: { accent: "#000000" } });
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
    const kept = keptIn("pk_1", () => shared);
    assert.deepEqual(kept.read(), {}, text);
    kept.keep({ id: "a", text: "1" });
    assert.deepEqual(kept.read().outbox, [{ id: "a", text: "1" }], text);
  }
  const shared = area();
  shared.rows.set(
    "interworky:pk_1",
    JSON.stringify({ outbox: [{ id: "a", text: "1" }, "b", null, { id: 3 }], seen: 4 }),
  );
  assert.deepEqual(keptIn("pk_1", () => shared).read(), { outbox: [{ id: "a", text: "1" }], seen: 4 });
});

test("a page that gives arrays a toJSON of its own does not spoil what is kept", () => {
  const shared = area();
  // What Prototype.js 1.6 does: the array becomes a string within the JSON.
  Object.defineProperty(Array.prototype, "toJSON", { value: () => "[]", configurable: true });
  try {
    keptIn("pk_1", () => shared).keep({ id: "a", text: 'They wrote: "yes"\n', page: { url: "/", title: "" } });
  } finally {
    delete Array.prototype.toJSON;
  }
  assert.deepEqual(JSON.parse(shared.rows.get("interworky:pk_1")), {
    outbox: [{ id: "a", text: 'They wrote: "yes"\n', page: { url: "/", title: "" } }],
  });
});

test("a visitor who is forgotten leaves the look of the assistant alone", () => {
  const shared = area();
  const kept = keptIn("pk_1", () => shared);
  kept.write({ config: { accent: "#123456" }, seen: 4, draft: "x" });
  kept.clear();
  assert.deepEqual(kept.read(), { config: { accent: "#123456" } });
});
