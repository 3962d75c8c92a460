import { h, icon } from "../dom.js";
import { DOWN } from "../icons.js";
import { createCard } from "./cards.js";
import { createDay, createIntro, createNotice, createOwn, createReply, createStarters, createStatus } from "./lines.js";

/** Nearer to its end than this, the list follows what is added; farther, the reader is reading. */
const NEAR_PX = 80;
/** Left above a card that the list has come to rest at. */
const MARGIN_PX = 12;

/**
 * @typedef {import("./index.js").Actions} Actions
 * @typedef {import("./index.js").Page} Page
 * @typedef {import("./index.js").State} State
 * @typedef {import("./lines.js").Line} Line
 * @typedef {{ key: string, create: (actions: Actions, page: Page) => Line, data: unknown }} Entry
 */

/** The conversation. @param {Actions} actions @param {Page} page */
export function createMessages(actions, page) {
  const { t, announce } = page;
  const list = h("div", { class: "lines" });
  // Announced as whole messages through `announce`: a reply that is being typed would be read out in pieces.
  const log = h(
    "div",
    { class: "log", role: "log", "aria-live": "off", "aria-label": t.conversation, tabindex: "0", onscroll: look },
    list,
  );
  const latest = h(
    "button",
    { type: "button", class: "latest", hidden: true, onclick: () => scroll(end(), "smooth") },
    icon(DOWN),
    t.latest,
  );
  const el = h("div", { class: "messages" }, log, latest);
  /** @type {Map<string, Line>} */
  let lines = new Map();
  let follows = true;

  // The list also moves when the panel does: a keyboard slides in, a card unfolds, a text box grows.
  const watch = new ResizeObserver(() => {
    if (follows) scroll(rest());
    offerLatest();
  });
  watch.observe(log);
  watch.observe(list);

  const end = () => log.scrollHeight - log.clientHeight;

  /** Where the list comes to rest: at its end, but with the top of a card that waits for an answer in sight, as long as
   * only the reply that came with the card stands below it. A person's answer, or the next one, is more urgent. */
  function rest() {
    let top = end();
    let replies = 0;
    for (let line = list.lastElementChild; line && !line.matches(".own"); line = line.previousElementSibling) {
      if (line.matches(".staff") || (line.matches(".reply") && (replies += 1) > 1)) break;
      if (line.matches(".card.open")) top = Math.min(top, /** @type {HTMLElement} */ (line).offsetTop - MARGIN_PX);
    }
    return top;
  }

  function look() {
    follows = rest() - log.scrollTop < NEAR_PX;
    offerLatest();
  }

  /** Something new may stand below what is in sight although nobody has scrolled. */
  function offerLatest() {
    latest.hidden = end() - log.scrollTop < NEAR_PX;
  }

  /** @param {number} top @param {"smooth" | "instant"} [behavior] */
  function scroll(top, behavior = "instant") {
    follows = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    log.scrollTo({ top, behavior: calm ? "instant" : behavior });
  }

  /** @param {State} state @param {State} before */
  function tell(state, before) {
    if (!state.open) return;
    if (!before.open && !state.items.length) announce(`${state.config.greeting} ${state.config.disclosure}`);
    const label = toolOf(state);
    if (label && label !== toolOf(before)) announce(label);
    if (before.connection !== "online" || state.conversation?.id !== before.conversation?.id) return; // a replay
    const keys = keysOf(state);
    for (const item of state.items) {
      if (item.seq <= before.seq || (item.kind === "message" && item.message.role === "visitor")) continue;
      const said = lines.get(keys.get(item) ?? "")?.el;
      // As it is laid out: `textContent` would run the rows of a card, or two paragraphs, into one word.
      const words = /** @type {HTMLElement?} */ (said?.querySelector(".prose") ?? said)?.innerText;
      if (words) announce(words);
    }
  }

  return {
    el,
    /** @param {State} state @param {State} before */
    update(state, before) {
      const wrote = state.pending.length > before.pending.length;
      const entries = entriesOf(state);
      const kept = new Set(entries.map(({ key }) => key));
      for (const [key, line] of lines) if (!kept.has(key)) line.el.remove();
      /** @type {typeof lines} */
      const next = new Map();
      for (const { key, create, data } of entries) {
        const line = lines.get(key) ?? create(actions, page);
        line.update(data, state);
        const place = list.children[next.size];
        if (place !== line.el) list.insertBefore(line.el, place ?? null);
        next.set(key, line);
      }
      lines = next;
      if (wrote || (state.open && !before.open) || follows) scroll(rest());
      tell(state, before);
    },
  };
}

/** What stands in the list, from the greeting to what is being done. @param {State} state @returns {Entry[]} */
function entriesOf(state) {
  const { config, items, pending, turn, conversation, connection } = state;
  const keys = keysOf(state);
  const entries = [entry("intro", createIntro, config)];
  let day = new Date().toDateString();
  for (const item of items) {
    const at = item.kind === "message" ? item.message.at : item.kind === "card" ? item.card.at : "";
    const itsDay = at ? new Date(at).toDateString() : day;
    if (itsDay !== day) entries.push(entry(`day:${itsDay}`, createDay, at));
    day = itsDay;

    const key = keys.get(item) ?? item.id;
    if (item.kind === "card") entries.push(entry(key, createCard, item.card));
    else if (item.kind === "message")
      entries.push(entry(key, item.message.role === "visitor" ? createOwn : createReply, item.message));
    else entries.push(entry(key, createNotice, { ...item.notice, isLast: item === items.at(-1) && !turn }));
  }
  for (const message of pending) entries.push(entry(message.id, createOwn, message));
  if (turn?.text) entries.push(entry(`turn:${turn.id}`, createReply, { ...turn, role: "assistant", live: true }));

  const withPerson = ["waiting", "staff"].includes(conversation?.state ?? "");
  const sending = pending.some(({ failed }) => !failed) && connection !== "offline" && !withPerson;
  const due = turn ? !turn.replied && !turn.text : sending;
  if (due || toolOf(state) || state.staffTyping) entries.push(entry("status", createStatus, toolOf(state)));
  if (items.length + pending.length === 0) entries.push(entry("starters", createStarters, config));
  return entries;
}

/** The reply in the making and its message share a key, and so their nodes: what is selected in it stays so.
 * @param {State} state @returns {Map<import("../store.js").Item, string>} */
function keysOf({ items }) {
  const keys = new Map();
  const replied = new Set();
  for (const item of items) {
    const { client_id, turn } = item.kind === "message" ? item.message : {};
    const first = turn && !replied.has(turn);
    if (first) replied.add(turn);
    keys.set(item, client_id ?? (first ? `turn:${turn}` : item.id));
  }
  return keys;
}

/** @param {string} key @param {Entry["create"]} create @param {unknown} data @returns {Entry} */
const entry = (key, create, data) => ({ key, create, data });

/** The label of what is being done for the visitor. @param {State} state */
const toolOf = ({ turn }) => turn?.tools.at(-1)?.label;
