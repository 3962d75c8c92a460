import assert from "node:assert/strict";
import test from "node:test";
import { createSavedEntries } from "../../../static/widget/src/saved_entries.js";
import { persist, restore } from "../../../static/widget/src/panel/persistence.js";
import { createStorage } from "../../../static/widget/src/storage.js";
import { createStore, initial } from "../../../static/widget/src/store.js";
import { createArea } from "../area.js";

const CONFIG = /** @type {any} */ ({ key: "pk_1", starters: [], max_chars: 4000 });

/** A page that keeps its state in `rows`; another one on the same rows is the visitor's next page. */
function page(rows = new Map()) {
  const storage = createSavedEntries(createStorage("pk_1", () => createArea(rows)));
  const store = createStore(initial(CONFIG, restore(storage)));
  store.subscribe((state, before) => persist(storage, state, before));
  return { store, storage, rows };
}

test("the next page knows that the panel was open and that an answer is due", () => {
  const { store, storage } = page();
  store.dispatch({ type: "panel.opened" });
  store.dispatch({ type: "message.written", message: { id: "a", text: "?" } });
  assert.deepEqual([storage.read().open, storage.read().waiting], [true, true]);
  store.dispatch({ type: "panel.closed" });
  store.dispatch({ type: "message.dropped", id: "a" });
  assert.deepEqual(storage.read(), {}, "what is no longer so leaves no entry");
});

test("what was written and is not acknowledged is pending on the next page, and gone once it is", () => {
  const { store, storage, rows } = page();
  storage.keep({ id: "a", text: "?" });
  storage.write({ draft: "and" });
  assert.deepEqual([page(rows).store.get().pending, page(rows).store.get().draft], [[{ id: "a", text: "?" }], "and"]);
  store.dispatch({ type: "message.written", message: { id: "a", text: "?" } });
  const message = { id: "m", client_id: "a", role: "visitor", text: "?", at: "", state: "complete" };
  store.dispatch({ type: "message.added", seq: 1, message });
  assert.deepEqual(page(rows).store.get().pending, []);
});
