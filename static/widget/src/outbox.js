/**
 * Sends the visitor's messages in the order in which they were written: the next message goes out once the server has
 * the one before, or has refused it for good. Two under way at once could change places: over HTTP they have a connection
 * each, and a server that cannot save the first may be back for the second.
 */

import { createBackoff } from "./transport/backoff.js";

/**
 * @param {import("./store.js").Store} store
 * @param {Pick<import("./transport/index.js").Transport, "send">} transport
 * @param {Pick<import("./transport/index.js").World, "setTimeout" | "clearTimeout" | "random">} world
 */
export function createOutbox(store, transport, world) {
  /** The message under way on this connection. */
  let underWay = "";
  /** Saved according to the server on this connection, while their events are still to come. @type {Set<string>} */
  let saved = new Set();
  const backoff = createBackoff(world.random);
  /** @type {any} */ let again;

  function pump() {
    if (again !== undefined || store.get().connection !== "online") return;
    const next = store.get().pending.find(({ id, failed }) => !failed && !saved.has(id));
    if (next?.id === underWay) return;
    underWay = "";
    if (!next) return;
    const { failed: _, ...message } = next;
    if (transport.send({ type: "message.send", ...message })) underWay = message.id;
  }

  /** What became of the message under way is unknown: on the next connection it goes first, under the id it had. */
  function forget() {
    world.clearTimeout(again);
    again = undefined;
    underWay = "";
    saved = new Set();
    backoff.reset();
  }

  return {
    /** The state has changed. @param {import("./store.js").State} state @param {import("./store.js").State} before */
    update(state, before) {
      if (state.connection !== before.connection) forget();
      pump();
    },
    /** The server has confirmed over HTTP that it has the message. @param {string} id */
    onSaved(id) {
      saved.add(id);
      backoff.reset();
      pump();
    },
    /** A message that the server could not save just now is resent, before everything that was written after it.
     * @param {import("./transport/index.js").WireEvent} event */
    onError({ code, of }) {
      if (code !== "unavailable" || of !== underWay || again !== undefined) return;
      underWay = "";
      again = world.setTimeout(() => ((again = undefined), pump()), backoff.next());
    },
  };
}
