/** Tells the server how far the visitor has read what a person wrote: what they do not read may be sent to them by e-mail. */

/** @typedef {import("../store.js").State} State */

/**
 * @param {import("../store.js").Store} store
 * @param {{ can: (type: string) => boolean, send: (frame: any) => unknown }} transport
 * @param {Pick<Document, "hidden" | "addEventListener" | "removeEventListener">} page
 */
export function createReceipts(store, transport, page = document) {
  let sent = 0;

  function update() {
    const { open, items, seen } = store.get();
    if (!open || page.hidden || !transport.can("conversation.seen")) return;
    const read = items.filter(({ kind, seq }) => kind === "message" && seq <= seen && seq > sent);
    if (!read.some((item) => item.kind === "message" && item.message.role === "staff")) return;
    sent = seen;
    transport.send({ type: "conversation.seen", seq: seen });
  }

  page.addEventListener("visibilitychange", update);
  return { update, destroy: () => page.removeEventListener("visibilitychange", update) };
}
