import assert from "node:assert/strict";
import test from "node:test";
import { createStorage } from "../../static/widget/src/storage.js";

function area() {
  const rows = new Map();
  return { getItem: (name) => rows.get(name) ?? null, setItem: (name, text) => rows.set(name, text), rows };
}

test("two tabs share what is kept, and neither overwrites the other's messages", () => {
  const shared = area();
  const [one, two] = [createStorage("pk_1", () => shared), createStorage("pk_1", () => shared)];
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
  createStorage("pk_1", () => shared).write({ open: true });
  assert.deepEqual(createStorage("pk_2", () => shared).read(), {});
});

test("where storage is refused or full, the page remembers", () => {
  const refused = createStorage("pk_1", () => {
    throw new Error("SecurityError");
  });
  refused.keep({ id: "a", text: "1" });
  assert.deepEqual(refused.read().outbox, [{ id: "a", text: "1" }]);
  const full = createStorage("pk_1", () => ({
    getItem: () => null,
    setItem: () => {
      throw new Error("QuotaExceededError");
    },
  }));
  full.write({ session: { token: "t", expires_at: "" } });
  full.write({ open: true });
  assert.equal(full.read().session?.token, "t");
});

test("what somebody else wrote there is not trusted to be ours", () => {
  const shared = area();
  for (const text of ["", "null", "{", "7"]) {
    shared.rows.set("interworky:pk_1", text);
    assert.equal(createStorage("pk_1", () => shared).read().session, undefined);
  }
});

test("forgetting a visitor keeps nothing of him", () => {
  const storage = createStorage("pk_1", area);
  const shared = area();
  const kept = createStorage("pk_1", () => shared);
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
