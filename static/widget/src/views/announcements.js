/** What a screen reader announces: each message once, when it is whole. */
import { h } from "../dom.js";
import { fill } from "../locales/index.js";
import { toolOf } from "../store.js";

/** @typedef {import("./index.js").State} State */

/** How long an announcement stays for a screen reader that is still reading something else. */
const ANNOUNCED_MS = 7000;

export function createLiveRegion() {
  const el = h("div", { class: "hidden", role: "status", "aria-atomic": "false" });
  return {
    el,
    /** @param {string} text */
    announce(text) {
      // A new node each time, so that repeated words are announced again and simultaneous ones one after the other.
      const line = h("p", null, text);
      el.append(line);
      setTimeout(() => line.remove(), ANNOUNCED_MS);
    },
  };
}

/**
 * @param {State} state @param {State} before
 * @param {import("./index.js").Page} page
 * @param {(item: import("../store.js").Item) => HTMLElement | undefined} lineOf where the item is shown
 */
export function announceNew(state, before, { announce, t }, lineOf) {
  if (!state.open) return;
  if (!before.open && !state.items.length) announce(`${state.config.greeting} ${state.config.disclosure}`);
  const label = toolOf(state);
  if (label && label !== toolOf(before)) announce(label);
  if (before.connection !== "online" || state.conversation?.id !== before.conversation?.id) return; // a replay
  const person = personOf(state, t);
  if (person && person !== personOf(before, t)) announce(fill(t.withPerson, { name: person }));
  for (const item of state.items) {
    if (item.seq <= before.seq || (item.kind === "message" && (item.message.role === "visitor" || item.message.spoken)))
      continue;
    const line = lineOf(item);
    // As it is laid out: `textContent` would run the rows of a card, or two paragraphs, into one word.
    const words = /** @type {HTMLElement?} */ (line?.querySelector(".prose") ?? line)?.innerText;
    if (words) announce(words);
  }
}

/** Whom the visitor is talking to; "" while that is the assistant. @param {State} state @param {import("./index.js").Page["t"]} t */
const personOf = ({ conversation }, t) => (conversation?.state === "staff" ? conversation.staff || t.team : "");
