import { h, icon } from "../dom.js";
import { DOWN } from "../icons.js";
import { consentDue, toolOf } from "../store.js";
import { announceNew } from "./announcements.js";
import { createCard } from "./cards.js";
import {
  createDay,
  createIntro,
  createNotice,
  createVisitorMessage,
  createReply,
  createStarters,
  createStatus,
} from "./lines.js";
import { createScrolling } from "./scrolling.js";

/**
 * @typedef {import("./index.js").Actions} Actions
 * @typedef {import("./index.js").Page} Page
 * @typedef {import("./index.js").State} State
 * @typedef {import("./lines.js").Line} Line
 * @typedef {{ key: string, create: (actions: Actions, page: Page) => Line, data: unknown }} Entry
 */

/** What the assistant's picture stands beside. @type {Entry["create"][]} */
const SPOKEN = [createIntro, createReply, createStatus];

/** The conversation. @param {Actions} actions @param {Page} page */
export function createMessages(actions, page) {
  const { t } = page;
  const list = h("div", { class: "lines" });
  // Announced as whole messages through `announce`: a reply that is being typed would be read out in pieces.
  const log = h(
    "div",
    { class: "log", role: "log", "aria-live": "off", "aria-label": t.conversation, tabindex: "0" },
    list,
  );
  const latest = h("button", { type: "button", class: "latest", hidden: true }, icon(DOWN), t.latest);
  const el = h("div", { class: "messages" }, log, latest);
  const follow = createScrolling(log, list, latest, page.clicks);
  void page.picture?.then(() => list.classList.add("pictured"));
  /** @type {Map<string, Line>} */
  let lines = new Map();

  /** Lines that are still shown keep their nodes. @param {State} state */
  function draw(state) {
    const entries = entriesOf(state);
    const kept = new Set(entries.map(({ key }) => key));
    for (const [key, line] of lines) if (!kept.has(key)) line.el.remove();
    /** @type {typeof lines} */
    const next = new Map();
    for (const { key, create, data } of entries) {
      const line = lines.get(key) ?? createLine(create);
      line.update(data, state);
      line.el.dataset.id = /** @type {{ id?: string }} */ (data)?.id ?? "";
      const place = list.children[next.size];
      if (place !== line.el) list.insertBefore(line.el, place ?? null);
      next.set(key, line);
    }
    lines = next;
  }

  /** @param {Entry["create"]} create */
  function createLine(create) {
    const line = create(actions, page);
    if (SPOKEN.includes(create)) void page.picture?.then((drawn) => line.el.prepend(drawn(28)));
    return line;
  }

  return {
    el,
    /** @param {State} state @param {State} before */
    update(state, before) {
      draw(state);
      const wrote = state.pending.length > before.pending.length;
      follow(wrote || (state.open && !before.open));
      const keys = keysOf(state);
      announceNew(state, before, page, (item) => lines.get(keys.get(item) ?? "")?.el);
    },
  };
}

/** The entries of the list, from the greeting to the status line. @param {State} state @returns {Entry[]} */
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
    else if (item.kind === "message" && item.message.role === "visitor")
      entries.push(
        entry(key, createVisitorMessage, { ...item.message, isRead: item.seq <= (conversation?.read ?? 0) }),
      );
    else if (item.kind === "message") entries.push(entry(key, createReply, item.message));
    else entries.push(entry(key, createNotice, { ...item.notice, isLast: item === items.at(-1) && !turn }));
  }
  for (const message of pending) entries.push(entry(message.id, createVisitorMessage, message));
  if (turn?.text) entries.push(entry(`turn:${turn.id}`, createReply, { ...turn, role: "assistant", live: true }));

  const withPerson = ["waiting", "staff"].includes(conversation?.state ?? "");
  const sending = pending.some(({ failed }) => !failed) && connection !== "offline" && !withPerson;
  const due = turn ? !turn.replied && !turn.text : sending;
  if (due || toolOf(state) || state.staffTyping) entries.push(entry("status", createStatus, toolOf(state)));
  if (items.length + pending.length === 0 && !consentDue(state))
    entries.push(entry("starters", createStarters, config));
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
