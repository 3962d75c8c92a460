import assert from "node:assert/strict";
import test from "node:test";
import { createSavedEntries } from "../../static/widget/src/saved_entries.js";
import { createStorage } from "../../static/widget/src/storage.js";
import { createArea as area } from "./area.js";

const savedIn = (key, area) => createSavedEntries(createStorage(key, area));

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

test("a tab that learns late of the other's writes puts back nothing that the other has replaced", () => {
  const rows = new Map();
  const one = savedIn("pk_1", () => area(rows));
  const late = area(rows);
  const two = savedIn("pk_1", () => late);
  one.write({ session: { token: "old", expires_at: "" }, seen: 3 });
  late.fallBehind();
  one.write({ session: { token: "new", expires_at: "" }, seen: undefined });
  one.keep({ id: "a", text: "1" });
  assert.equal(two.read().session?.token, "old", "it has not learnt of them yet");
  two.write({ seen: 4, draft: "hm" });
  two.keep({ id: "b", text: "2" });
  two.drop("c");
  late.catchUp();
  for (const tab of [one, two]) {
    assert.equal(tab.read().session?.token, "new");
    assert.deepEqual(
      tab
        .read()
        .outbox?.map(({ id }) => id)
        .sort(),
      ["a", "b"],
    );
  }
});

test("messages leave in the order in which they were written", () => {
  const kept = savedIn(
    "pk_1",
    (
      (shared) => () =>
        shared
    )(area()),
  );
  const ids = ["c", "a", "d", "b"];
  for (const id of ids) kept.keep({ id, text: id });
  assert.deepEqual(
    kept.read().outbox,
    ids.map((id) => ({ id, text: id })),
  );
});

test("what an earlier version kept in one entry goes on", () => {
  const rows = new Map();
  const session = { token: "t", expires_at: "2099-01-01T00:00:00Z" };
  const old = { session, seen: 4, draft: 7, outbox: [{ id: "b", text: "1" }, { id: "a", text: "2" }, "c"] };
  rows.set("interworky:pk_1", JSON.stringify(old));
  const found = {
    session,
    seen: 4,
    outbox: [
      { id: "b", text: "1" },
      { id: "a", text: "2" },
    ],
  };
  assert.deepEqual(savedIn("pk_1", () => area(rows)).read(), found);
  assert.deepEqual(savedIn("pk_1", () => area(rows)).read(), found, "and once");
  assert.ok(!rows.has("interworky:pk_1"));
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
    ...area(),
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
    shared.setItem("interworky:pk_1", text);
    shared.setItem("interworky:pk_1:session", text);
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
  const names = ["", ":session", ":open", ":seen", ":draft", ":config", ":unsent:x", ":other"];
  for (const [text, name] of strange.flatMap((text) => names.map((name) => [text, name]))) {
    const shared = area();
    shared.setItem(`interworky:pk_1${name}`, text);
    const kept = savedIn("pk_1", () => shared);
    if (name === ":seen" && text === "7") continue; // of its type
    if (name === ":draft" && text.startsWith('"')) continue;
    if (name === ":config" && text.length > 1 && text.startsWith("{")) continue;
    assert.deepEqual(kept.read(), {}, text);
    kept.keep({ id: "a", text: "1" });
    assert.deepEqual(kept.read().outbox, [{ id: "a", text: "1" }], text);
  }
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
  const { at, ...message } = JSON.parse(shared.getItem("interworky:pk_1:unsent:a"));
  assert.deepEqual(message, { id: "a", text: 'They wrote: "yes"\n', page: { url: "/", title: "" } });
});

test("a visitor who is forgotten leaves the look of the assistant alone", () => {
  const shared = area();
  const saved = savedIn("pk_1", () => shared);
  saved.write({ config: { accent: "#123456" }, seen: 4, draft: "x" });
  saved.clear();
  assert.deepEqual(saved.read(), { config: { accent: "#123456" } });
});
