/** How a reply flows. The server sends text a few times a second; it is shown word by word until the next is due. */

const STEP_MS = 40; // at least, between two steps: as smooth as a reader can see
const LONGEST_MS = 500; // that text waits for its last word

/**
 * Takes events to the store. Those that are no text go there at once, and so does what text still waited before them.
 *
 * @typedef {import("../store.js").WireEvent} WireEvent
 * @param {import("../store.js").Store} store
 * @param {Pick<import("../transport/index.js").World, "setTimeout" | "clearTimeout">} world
 * @param {() => number} now in milliseconds
 * @returns {(event: WireEvent) => void}
 */
export function createFlow(store, { setTimeout, clearTimeout }, now = Date.now) {
  /** The rest of the text that came last. @type {WireEvent[]} */
  let rest = [];
  let cameAt = 0;
  /** @type {any} */
  let timer;

  function showNext() {
    const event = rest.shift();
    if (event && store.get().turn?.id === event.turn) store.dispatch(event);
    else rest = []; // of a conversation that was left meanwhile
  }

  /** @param {number} pause */
  function goOn(pause) {
    if (rest.length)
      timer = setTimeout(() => {
        showNext();
        goOn(pause);
      }, pause);
  }

  return (event) => {
    clearTimeout(timer);
    while (rest.length) showNext();
    if (event.type !== "reply.delta") return store.dispatch(event);
    const since = now() - cameAt;
    cameAt += since;
    // After a longer silence, such as a tool's, nobody knows when the next is due.
    const [first, ...others] = inSteps(event, since > LONGEST_MS ? 1 : since / STEP_MS);
    store.dispatch(first);
    rest = others;
    goOn(since / (1 + rest.length));
  };
}

/** The same text in at most so many events, each of some words; of a script without spaces, of some letters.
 * @param {WireEvent} delta @param {number} most @returns {WireEvent[]} */
function inSteps(delta, most) {
  const words = delta.text.split(/(?=\s)/);
  const parts = words[1] ? words : [...delta.text];
  const size = Math.ceil(parts.length / Math.max(1, Math.floor(most)));
  if (parts.length <= size) return [delta];
  let { offset } = delta;
  const events = [];
  while (parts.length) {
    const text = parts.splice(0, size).join("");
    events.push({ ...delta, offset, text });
    offset += [...text].length;
  }
  return events;
}
