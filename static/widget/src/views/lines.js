import { h, icon, iconButton } from "../dom.js";
import { BAD, CHECK, COPY, GOOD, INFO, READ } from "../icons.js";
import { clock, dayOf, fill } from "../locales/index.js";
import { safeLink } from "../markdown.js";
import { createProse } from "../prose.js";

/**
 * The lines of a conversation, except its cards.
 *
 * @typedef {import("./index.js").Actions} Actions
 * @typedef {import("./index.js").Page} Page
 * @typedef {import("./index.js").State} State
 * @typedef {import("../store.js").Config} Config
 * @typedef {import("../store.js").Message} Message
 * @typedef {{ el: HTMLElement, update(data: any, state: State): void }} Line `data` is what the line shows
 */

/** The greeting, and the disclosure that an AI answers. @returns {Line} */
export function createIntro() {
  const text = h("p", { dir: "auto" });
  const disclosureText = h("span", { dir: "auto" });
  const note = h("p", { class: "disclosure" }, icon(INFO), disclosureText);
  return {
    el: h("div", { class: "line intro" }, h("div", { class: "bubble" }, text), note),
    /** @param {Config} config */
    update({ greeting, disclosure }) {
      text.textContent = greeting;
      disclosureText.textContent = disclosure;
      note.hidden = !disclosure;
    },
  };
}

/** Starter questions. @param {Actions} actions @returns {Line} */
export function createStarters(actions) {
  const el = h("div", { class: "starters" });
  /** @param {string} text */
  const chip = (text) =>
    h("button", { type: "button", class: "chip", dir: "auto", onclick: () => actions.send(text) }, text);
  return {
    el,
    /** @param {Config} config */
    update({ starters }) {
      if (!el.firstChild) el.append(...starters.map(chip));
    },
  };
}

/** The divider above the first message of a day. @param {Actions} _ @param {Page} page @returns {Line} */
export function createDay(_, { locale }) {
  const time = h("time");
  return {
    el: h("p", { class: "day" }, time),
    /** @param {string} at */
    update(at) {
      time.dateTime = at;
      time.textContent = dayOf(at, locale);
    },
  };
}

/** A message of the visitor. @param {Actions} actions @param {Page} page @returns {Line} */
export function createVisitorMessage(actions, page) {
  const { t, locale } = page;
  const text = h("p", { dir: "auto" });
  const meta = h("div", { class: "meta" });
  const bubble = h("div", { class: "bubble" }, text);
  const el = h(
    "div",
    { class: "line own" },
    h("span", { class: "hidden" }, `${fill(t.labelled, { name: t.you })} `),
    bubble,
    meta,
  );
  let shown = "";
  return {
    el,
    /** @param {(Message & import("../store.js").Pending & { isRead?: boolean })} message @param {State} state */
    update(message, { connection }) {
      if (text.textContent !== message.text) text.textContent = message.text;
      text.hidden = !message.text;
      showFiles(bubble, message.files, actions, page);
      const stuck = !message.at && (message.failed !== undefined || connection === "offline");
      const look = message.at ? `${message.at} ${message.isRead}` : `${stuck} ${message.failed}`;
      el.classList.toggle("stuck", stuck);
      el.classList.toggle("sending", !message.at && !stuck);
      if (look === shown) return;
      shown = look;
      if (message.at)
        meta.replaceChildren(h("time", { datetime: message.at }, clock(message.at, locale)), drawTick(message, t));
      else if (!stuck) meta.replaceChildren(t.sending);
      else {
        const again = h("button", { type: "button", class: "text", onclick: () => actions.resend(message) }, t.retry);
        const discard = h(
          "button",
          { type: "button", class: "text", onclick: () => actions.discard(message.id) },
          t.discard,
        );
        meta.replaceChildren(h("span", { class: "why" }, h("bdi", null, message.failed || t.notSent)), again, discard);
      }
    },
  };
}

/** That the server has it, or that a person has read it: nobody can say that of the assistant.
 * @param {{ isRead?: boolean }} message @param {Page["t"]} t */
function drawTick({ isRead }, t) {
  const label = isRead ? t.read : t.sent;
  return h("span", { class: "tick", role: "img", "aria-label": label, title: label }, icon(isRead ? READ : CHECK));
}

/** A message of the assistant or of a member of staff. @param {Actions} actions @param {Page} page @returns {Line} */
export function createReply(actions, page) {
  const { t, locale, announce } = page;
  const who = h("span", { class: "name" });
  const prose = createProse();
  const note = h("p", { class: "note", hidden: true });
  const sources = h("p", { class: "sources", hidden: true });
  const copy = iconButton(COPY, t.copy, { onclick: () => copyText(message.text, copy, () => announce(t.copied)) });
  const good = iconButton(GOOD, t.good, { onclick: () => rate(1) });
  const bad = iconButton(BAD, t.bad, { onclick: () => rate(-1) });
  const time = h("time");
  const meta = h("div", { class: "meta" }, copy, good, bad, time);
  const bubble = h("div", { class: "bubble" }, prose.el, sources);
  const el = h("div", { class: "line reply" }, who, bubble, note, meta);
  /** @type {Message} */
  let message;

  /** @param {number} value */
  const rate = (value) => actions.rate(message.id, message.rating === value ? 0 : value);

  return {
    el,
    /** @param {Message & { live?: boolean }} next @param {State} state */
    update(next, { conversation }) {
      if (next === message) return;
      message = next;
      const { role, text, state, at, rating, live, sources: known = [] } = next;
      el.className = `line ${role === "system" ? "system" : role === "staff" ? "reply staff" : "reply"}${live ? " live" : ""}`;
      who.textContent =
        role === "staff"
          ? conversation?.staff || t.team
          : role === "system"
            ? ""
            : `${fill(t.labelled, { name: t.assistant })} `;
      who.classList.toggle("hidden", role !== "staff");
      prose.update(text);
      showFiles(bubble, next.files, actions, page);
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
      sources.replaceChildren(...drawSources(known, t));
    },
  };
}

/** @param {string} text @param {HTMLElement} button which shows that it was copied @param {() => void} onCopied */
async function copyText(text, button, onCopied) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return; // refused by the browser or the page's policy: the text can still be selected
  }
  button.replaceChildren(icon(CHECK));
  onCopied();
  setTimeout(() => button.replaceChildren(icon(COPY)), 1_500);
}

/** The files of a message, by a module of their own. @param {HTMLElement} bubble
 * @param {import("../store.js").SentFile[] | undefined} files @param {Actions} actions @param {Page} page */
const showFiles = (bubble, files, actions, page) =>
  files &&
  import("../files/index.js").then(
    (module) => module.showFiles(bubble, files, actions, page),
    () => {},
  );

/** @param {import("../store.js").Source[]} sources @param {Page["t"]} t */
const drawSources = (sources, t) => [
  `${fill(t.labelled, { name: t.sources })} `,
  ...sources.flatMap((source, place) => [place ? t.comma : "", drawSource(source)]),
];

/** @param {import("../store.js").Source} source */
function drawSource({ title, url }) {
  const href = safeLink(url);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, title) : title;
}

/** Dots while an answer is due, with the label of the tool at work. @param {Actions} _ @param {Page} page @returns {Line} */
export function createStatus(_, { t }) {
  const label = h("span");
  const dots = h("span", { class: "dots", role: "img", "aria-label": t.writing }, h("i"), h("i"), h("i"));
  return {
    el: h("div", { class: "line status" }, dots, label),
    /** @param {string | undefined} tool @param {State} state */
    update(tool, { staffTyping, conversation }) {
      const name = conversation?.staff || t.team;
      label.textContent = tool ?? (staffTyping ? fill(t.staffWriting, { name }) : "");
    },
  };
}

/** The reason why a turn has no answer. @param {Actions} actions @param {Page} page @returns {Line} */
export function createNotice(actions, { t }) {
  const text = h("bdi");
  const again = h("button", { type: "button", class: "text" }, t.retry);
  return {
    el: h("div", { class: "line notice" }, h("span", null, text), again),
    /** @param {import("../store.js").Notice & { isLast: boolean }} notice */
    update(notice) {
      text.textContent = notice.text || (notice.outcome === "stopped" ? t.stopped : t.internal);
      again.hidden = !notice.retryable || !notice.isLast;
      again.onclick = () => actions.retry(notice.turn);
    },
  };
}
