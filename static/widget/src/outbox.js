/**
 * Sends what the visitor has written and answered until the server has it: a connection may take what goes into it and
 * die, and a server may be unable to save just now. To the server the same again changes nothing.
 *
 * Messages go in the order in which they were written: the next one once the server has the one before, or has refused it
 * for good. Two under way at once could change places: over HTTP they have a connection each, and a server that cannot
 * save the first may be back for the second. Answers on cards are independent of them and of each other.
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
  /** Cards whose answer is under way on this connection. @type {Set<string>} */
  let answered = new Set();
  const backoff = createBackoff(world.random);
  /** @type {any} */ let again;

  function pump() {
    if (again !== undefined || store.get().connection !== "online") return;
    pumpAnswers();
    const next = store.get().pending.find(({ id, failed }) => !failed && !saved.has(id));
    if (next?.id === underWay) return;
    underWay = "";
    if (!next) return;
    if (transport.send(frameOf(next))) underWay = next.id;
  }

  function pumpAnswers() {
    const { answering } = store.get();
    for (const card of answered) if (!(card in answering)) answered.delete(card);
    for (const [card, answer] of Object.entries(answering))
      if (!answered.has(card) && transport.send({ type: "card.answer", card, ...answer })) answered.add(card);
  }

  /** What became of what was under way is unknown: on the next connection it goes first, under the id it had. */
  function forget() {
    world.clearTimeout(again);
    again = undefined;
    underWay = "";
    saved = new Set();
    answered = new Set();
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
    /** What the server could not save just now is resent, a message before everything that was written after it.
     * @param {import("./transport/index.js").WireEvent} event */
    onError({ code, of }) {
      if (code !== "unavailable") return;
      if (of === "card.answer") answered.clear();
      else if (of === underWay) underWay = "";
      else return;
      again ??= world.setTimeout(() => ((again = undefined), pump()), backoff.next());
    },
  };
}

/** @param {import("./store.js").Pending} pending */
const frameOf = ({ failed: _, ...message }) => ({
  type: "message.send",
  ...message,
  files: message.files?.map(({ id }) => id),
});
