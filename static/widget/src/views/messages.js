import { createProse, h, icon, iconButton } from "../dom.js";
import { BAD, CHECK, COPY, DOWN, GOOD, INFO } from "../icons.js";
import { fill } from "../locales/index.js";
import { safeLink } from "../markdown.js";
import { createCard } from "./cards.js";

/** Nearer to its end than this, the list follows what is added; farther, the reader is reading. */
const NEAR_PX = 80;

/**
 * @typedef {import("./index.js").State} State
 * @typedef {import("../store.js").Message} Message
 * @typedef {{ key: string, create: () => Line, data?: any }} Entry `data` is what the line shows
 * @typedef {{ el: HTMLElement, update?(data: any, state: State): void }} Line
 */

/** The conversation. @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createMessages(actions, page) {
  const { t } = page;
  const list = h("div", { class: "lines" });
  // Announced as whole messages through `announce`: a reply that is being typed would be read out in pieces.
  const log = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": t.conversation, tabindex: "0", onscroll: look }, list);
  const latest = h("button", { type: "button", class: "latest", hidden: true, onclick: () => toEnd(true) }, icon(DOWN), t.latest);
  const el = h("div", { class: "messages" }, log, latest);
  /** @type {Map<string, Line>} */
  let lines = new Map();
  let follows = true;

  // The list also moves when the panel does: a keyboard slides in, a card unfolds, a text box grows.
  const watch = new ResizeObserver(() => follows && toEnd());
  watch.observe(log);
  watch.observe(list);

  function look() {
    follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
    latest.hidden = follows;
  }

  /** @param {boolean} [smooth] */
  function toEnd(smooth) {
    follows = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    log.scrollTo({ top: log.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  }

  /** @param {State} state @returns {Entry[]} */
  function entries(state) {
    const { config, items, pending, turn, conversation } = state;
    const all = [entry("intro", () => createIntro(config))];
    let day = new Date().toDateString();
    for (const [at, item] of items.entries()) {
      const written = item.kind === "message" ? item.message.at : item.kind === "card" ? item.card.at : "";
      const itsDay = written && new Date(written).toDateString();
      if (itsDay && itsDay !== day) {
        day = itsDay;
        all.push(entry(`day:${itsDay}`, () => createDay(written, page)));
      }
      if (item.kind === "card") all.push(entry(item.id, () => createCard(actions, page), item.card));
      else if (item.kind === "notice") all.push(entry(item.id, () => createNotice(actions, page), { ...item.notice, last: at === items.length - 1 && !turn }));
      else if (item.message.role === "visitor") all.push(entry(item.message.client_id ?? item.id, () => createOwn(actions, page), item.message));
      else all.push(entry(item.message.turn ? `turn:${item.message.turn}` : item.id, () => createReply(actions, page), item.message));
    }
    for (const message of pending) all.push(entry(message.id, () => createOwn(actions, page), message));
    if (turn && !turn.replied && turn.text) all.push(entry(`turn:${turn.id}`, () => createReply(actions, page), { ...turn, live: true, role: "assistant" }));
    const tool = turn?.tools.at(-1)?.label;
    const due = turn ? !turn.replied && !turn.text : pending.some(({ failed }) => !failed) && state.connection !== "offline" && !isWithPerson(conversation);
    const staff = state.staffTyping ? fill(t.staffWriting, { name: conversation?.staff || t.team }) : "";
    if (tool || due || staff) all.push(entry("status", () => createStatus(page), tool || staff));
    if (items.length + pending.length === 0) all.push(entry("starters", () => createStarters(actions, config)));
    return all;
  }

  /** @param {State} state @param {State} before */
  function announce(state, before) {
    if (!state.open) return;
    if (!before.open && !state.items.length) page.announce(`${state.config.greeting} ${state.config.disclosure}`);
    const label = state.turn?.tools.at(-1)?.label;
    if (label && label !== before.turn?.tools.at(-1)?.label) page.announce(label);
    if (before.connection !== "online" || state.conversation?.id !== before.conversation?.id) return; // a replay
    for (const item of state.items) {
      if (item.seq <= before.seq) continue;
      const said = lines.get(item.kind === "message" && item.message.turn ? `turn:${item.message.turn}` : item.id);
      const isOwn = item.kind === "message" && item.message.role === "visitor";
      const words = (said?.el.querySelector(".prose") ?? said?.el)?.textContent;
      if (words && !isOwn) page.announce(words);
    }
  }

  return {
    el,
    /** @param {State} state @param {State} before */
    update(state, before) {
      const wrote = state.pending.length > before.pending.length;
      const next = new Map();
      for (const { key, create, data } of entries(state)) {
        if (next.has(key)) continue;
        const line = lines.get(key) ?? create();
        line.update?.(data, state);
        const place = list.children[next.size];
        if (place !== line.el) list.insertBefore(line.el, place ?? null);
        next.set(key, line);
      }
      while (list.children.length > next.size) list.lastChild?.remove();
      lines = next;
      if (wrote || (state.open && !before.open) || follows) toEnd();
      announce(state, before);
    },
  };
}

/** @param {string} key @param {() => Line} create @param {unknown} [data] @returns {Entry} */
const entry = (key, create, data) => ({ key, create, data });

/** @param {State["conversation"]} conversation */
const isWithPerson = (conversation) => ["waiting", "staff"].includes(conversation?.state ?? "");

/** The greeting, and that a machine answers. @param {import("../store.js").Config} config @returns {Line} */
function createIntro({ greeting, disclosure }) {
  const said = h("div", { class: "bubble" }, h("p", { dir: "auto" }, greeting));
  return { el: h("div", { class: "line intro" }, said, disclosure && h("p", { class: "disclosure" }, icon(INFO), h("span", { dir: "auto" }, disclosure))) };
}

/** @param {import("./index.js").Actions} actions @param {import("../store.js").Config} config @returns {Line} */
function createStarters(actions, { starters }) {
  const chips = starters.map((text) => h("button", { type: "button", class: "chip", dir: "auto", onclick: () => actions.send(text) }, text));
  return { el: h("div", { class: "starters" }, chips) };
}

/** @param {string} at @param {import("./index.js").Page} page @returns {Line} */
function createDay(at, { locale }) {
  const text = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" }).format(new Date(at));
  return { el: h("p", { class: "day" }, h("time", { datetime: at }, text)) };
}

/** @param {string} at @param {string} locale */
const clock = (at, locale) => new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(new Date(at));

/** What the visitor wrote. @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page @returns {Line} */
function createOwn(actions, { t, locale }) {
  const text = h("p", { dir: "auto" });
  const meta = h("div", { class: "meta" });
  const el = h("div", { class: "line own" }, h("span", { class: "hidden" }, `${t.you}: `), h("div", { class: "bubble" }, text), meta);
  let shown = "";
  return {
    el,
    /** @param {(Message & import("../store.js").Pending)} message @param {State} state */
    update(message, { connection }) {
      text.textContent = message.text;
      const stuck = !message.at && (message.failed !== undefined || connection === "offline");
      const look = message.at ?? `${stuck} ${message.failed}`;
      el.classList.toggle("stuck", stuck);
      el.classList.toggle("sending", !message.at && !stuck);
      if (look === shown) return;
      shown = look;
      if (message.at) meta.replaceChildren(h("time", { datetime: message.at }, clock(message.at, locale)));
      else if (!stuck) meta.replaceChildren(t.sending);
      else {
        const again = h("button", { type: "button", class: "text", onclick: () => actions.resend(message) }, t.retry);
        const discard = h("button", { type: "button", class: "text", onclick: () => actions.discard(message.id) }, t.discard);
        meta.replaceChildren(h("span", { class: "why" }, message.failed || t.notSent), again, discard);
      }
    },
  };
}

/** What the assistant or a person of the team wrote. @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page @returns {Line} */
function createReply(actions, { t, locale, announce }) {
  const who = h("span", { class: "name" });
  const prose = createProse();
  const note = h("p", { class: "note", hidden: true });
  const sources = h("p", { class: "sources", hidden: true });
  const copy = iconButton(COPY, t.copy, { onclick: toClipboard });
  const good = iconButton(GOOD, t.good, { onclick: () => rate(1) });
  const bad = iconButton(BAD, t.bad, { onclick: () => rate(-1) });
  const time = h("time");
  const meta = h("div", { class: "meta" }, copy, good, bad, time);
  const el = h("div", { class: "line reply" }, who, h("div", { class: "bubble" }, prose.el, sources), note, meta);
  /** @type {Message} */
  let message;

  /** @param {number} value */
  const rate = (value) => actions.rate(message.id, message.rating === value ? 0 : value);

  async function toClipboard() {
    try {
      await navigator.clipboard.writeText(message.text);
    } catch {
      return; // refused by the browser or the page's policy: the text can still be selected
    }
    copy.replaceChildren(icon(CHECK));
    announce(t.copied);
    setTimeout(() => copy.replaceChildren(icon(COPY)), 1_500);
  }

  return {
    el,
    /** @param {Message & { live?: boolean }} next @param {State} state */
    update(next, { conversation }) {
      if (next === message) return;
      message = next;
      const { role, text, state, at, rating, live, sources: known = [] } = next;
      el.className = `line ${role === "system" ? "system" : "reply"}${live ? " live" : ""}`;
      who.textContent = role === "staff" ? conversation?.staff || t.team : role === "system" ? "" : `${t.assistant}: `;
      who.classList.toggle("hidden", role !== "staff");
      prose.update(text);
      note.hidden = live || state === "complete" || state === undefined;
      note.textContent = state === "stopped" ? t.stopped : t.incomplete;
      meta.hidden = Boolean(live) || role === "system";
      good.hidden = bad.hidden = role !== "assistant";
      good.setAttribute("aria-pressed", String(rating === 1));
      bad.setAttribute("aria-pressed", String(rating === -1));
      if (at) {
        time.dateTime = at;
        time.textContent = clock(at, locale);
      }
      sources.hidden = known.length === 0;
      sources.replaceChildren(`${t.sources}: `, ...known.flatMap((source, index) => [index ? ", " : "", drawSource(source)]));
    },
  };
}

/** @param {import("../store.js").Source} source */
function drawSource({ title, url }) {
  const href = safeLink(url);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, title) : title;
}

/** Dots while an answer is due, or what is being done for it. @param {import("./index.js").Page} page @returns {Line} */
function createStatus({ t }) {
  const label = h("span");
  const dots = h("span", { class: "dots", role: "img", "aria-label": t.writing }, h("i"), h("i"), h("i"));
  return {
    el: h("div", { class: "line status" }, dots, label),
    /** @param {string} text */
    update(text) {
      label.textContent = text;
    },
  };
}

/** Why there is no answer. @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page @returns {Line} */
function createNotice(actions, { t }) {
  const text = h("span");
  const again = h("button", { type: "button", class: "text" }, t.retry);
  return {
    el: h("div", { class: "line notice" }, text, again),
    /** @param {import("../store.js").Notice & { last: boolean }} notice */
    update(notice) {
      text.textContent = notice.text || (notice.outcome === "stopped" ? t.stopped : t.internal);
      again.hidden = !notice.retryable || !notice.last;
      again.onclick = () => actions.retry(notice.turn);
    },
  };
}
