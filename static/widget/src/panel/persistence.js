/** What of the state outlives the page. */
import { isWaiting } from "../store.js";

/** @typedef {import("../store.js").State} State */

/** What an earlier page has left. @param {import("../saved_entries.js").SavedEntries} storage @returns {Partial<State>} */
export function restore(storage) {
  const { seen = 0, draft = "", outbox = [] } = storage.read();
  return { seen, draft, pending: outbox };
}

/** @param {import("../saved_entries.js").SavedEntries} storage @param {State} state @param {State} before
 * @param {string} [mode] of the panel */
export function persist(storage, state, before, mode) {
  for (const { id } of before.pending) if (!state.pending.some((message) => message.id === id)) storage.drop(id);
  // What is a part of one page is no reason to open the panel on the next.
  if (state.open !== before.open && mode !== "inline") storage.write({ open: state.open || undefined });
  if (state.seen !== before.seen) storage.write({ seen: state.seen || undefined });
  if (isWaiting(state) !== isWaiting(before)) storage.write({ waiting: isWaiting(state) || undefined });
}
