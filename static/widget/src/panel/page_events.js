/** The events for the page's own scripts: `Interworky.on` in docs/widget.md. Texts stay in the widget. */
import { unread } from "../store.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {(name: string, detail?: unknown) => void} Emit */

/** @param {Emit} emit @param {State} state @param {State} before */
export function emitChanges(emit, state, before) {
  if (state.open !== before.open) emit(state.open ? "open" : "close");
  if (unread(state) !== unread(before)) emit("unread", { count: unread(state) });
  if (state.conversation?.state !== before.conversation?.state)
    emit("conversation", { state: state.conversation?.state });
  if (state.problem && state.problem !== before.problem) emit("error", { code: state.problem.code });
  const isReplay = state.conversation?.id !== before.conversation?.id || before.connection !== "online";
  if (!isReplay) for (const item of state.items) if (item.seq > before.seq) emitItem(emit, item);
}

/** @param {Emit} emit @param {import("../store.js").Item} item */
function emitItem(emit, item) {
  if (item.kind === "card") emit("card", { id: item.id, kind: item.card.kind });
  if (item.kind !== "message") return;
  const { role } = item.message;
  emit(role === "visitor" ? "message:sent" : "message:received", { id: item.id, role });
}
