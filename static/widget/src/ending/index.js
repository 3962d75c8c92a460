/** Ending a conversation, rating it, and having it sent by e-mail: a sheet above the text box. Loaded when a visitor asks for
 * one of these, or once a conversation has ended. */
import { h, icon, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";
import { toJson } from "../json.js";
import { ending as english } from "../locales/en.js";
import { fill } from "../locales/index.js";
import { createStylesheet } from "../stylesheet.js";
import css from "./ending.css";
import { isToBeRated } from "./rating.js";

/**
 * @typedef {import("../store.js").State} State
 * @typedef {import("../views/index.js").Page} Page
 * @typedef {object} Parts
 * @property {import("../store.js").Store} store
 * @property {ReturnType<typeof import("../session.js").createSession>} session
 * @property {import("../actions.js").Send} send
 * @typedef {"end" | "rate" | "mail"} Wish
 * @typedef {ReturnType<typeof createSheet>} Sheet
 */

const STAR = "m12 3.5 2.6 5.5 6 .8-4.4 4.1 1.1 5.9L12 16.9l-5.3 2.9 1.1-5.9L3.4 9.8l6-.8z";
const COMMENT_CHARS = 1_000;

const dress = createStylesheet(css);

/** The one sheet of each panel. @type {WeakMap<Element, Sheet>} */
const sheets = new WeakMap();

/** @param {Parts} parts @param {Wish} wish @param {Element} near a view of the panel @param {Page} page */
export function show(parts, wish, near, page) {
  const panel = near.closest(".panel");
  if (!panel) return; // taken away while this was on its way
  if (wish === "rate" && !isToBeRated(parts.store.get())) return;
  const sheet = sheetOf(panel, parts, page);
  ({ end: askWhether, rate: askForRating, mail: askForAddress })[wish](sheet, parts, page);
}

/** The sheet of this panel. @param {Element} panel @param {Parts} parts @param {Page} page */
export function sheetOf(panel, parts, page) {
  const sheet = sheets.get(panel) ?? createSheet(panel, parts, page);
  sheets.set(panel, sheet);
  return sheet;
}

/** @param {Element} panel @param {Parts} parts @param {Page} page */
function createSheet(panel, { store, session }, { t, host }) {
  const root = /** @type {ShadowRoot} */ (panel.getRootNode());
  dress(panel);
  const el = h("section", { class: "sheet", "aria-labelledby": "sheet-title", tabindex: "-1", onkeydown: press });
  /** What it is about is over: another conversation, or the same one goes on. @type {() => boolean} */
  let isOver = () => false;
  store.subscribe(() => el.isConnected && isOver() && close());

  function close() {
    const hadFocus = el.contains(root.activeElement);
    el.remove();
    const next = panel.querySelector(".footer form:not([hidden]) textarea, .footer :not([hidden]) > .button");
    if (hadFocus) /** @type {HTMLElement | null} */ (next)?.focus();
  }

  /** Escape leaves the sheet, and not yet the panel. @param {KeyboardEvent} event */
  function press(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    close();
  }

  return {
    close,
    /** The focus goes to `first`, unless nobody has asked for this. @param {() => boolean} over
     * @param {HTMLElement[]} content @param {HTMLElement} [first] */
    fill(over, content, first) {
      isOver = over;
      el.replaceChildren(...content);
      if (!el.isConnected) panel.querySelector(".footer")?.before(el);
      first?.focus();
    },
    hasFocus: () => el.contains(root.activeElement),
    /** The answer of the server, or the sentence that says why there is none. @param {string} path @param {unknown} body
     * @returns {Promise<{ problem?: string, text?: string }>} */
    async post(path, body) {
      try {
        const headers = { "Content-Type": "application/json", Authorization: `Bearer ${await session.token()}` };
        const response = await fetch(`${host}/api/v1/widget/${path}`, { method: "POST", headers, body: toJson(body) });
        const said = response.status === 204 ? {} : await response.json();
        return response.ok ? said : { problem: said.title || t.internal };
      } catch {
        return { problem: t.offline };
      }
    },
  };
}

export const title = (/** @type {string} */ text) => h("h3", { id: "sheet-title" }, text);

/** @param {string} label @param {() => void} [onclick] without one it submits @param {string} [look] */
export const button = (label, onclick, look = "") =>
  h("button", { type: onclick ? "button" : "submit", class: `button ${look}`, ...(onclick && { onclick }) }, label);

/** @param {Sheet} sheet @param {Parts} parts @param {Page} page */
function askWhether(sheet, { store, send }, { t }) {
  const words = t.ending ?? english;
  const end = button(t.end, async () => {
    end.setAttribute("aria-disabled", "true");
    if (!(await send({ type: "conversation.close" }))) end.removeAttribute("aria-disabled");
  });
  const buttons = h("div", { class: "buttons" }, end, button(words.keep, sheet.close, "plain"));
  const isClosed = () => store.get().conversation?.state === "closed" && !isToBeRated(store.get());
  sheet.fill(isClosed, [title(words.ask), h("p", null, words.askHint), buttons], end);
}

/** @param {Sheet} sheet @param {Parts} parts @param {Page} page */
function askForRating(sheet, { store }, { t }) {
  const words = t.ending ?? english;
  const why = h("p", { class: "why", role: "alert" });
  const comment = h("textarea", { rows: "2", maxlength: COMMENT_CHARS, dir: "auto", id: "sheet-comment" });
  const send = button(t.send);
  const more = h(
    "div",
    { hidden: true },
    h("label", { for: "sheet-comment" }, words.comment),
    comment,
    why,
    h("div", { class: "buttons" }, send, button(words.skip, sheet.close, "plain")),
  );
  let score = 0;
  const scores = [1, 2, 3, 4, 5].map((value) =>
    h(
      "label",
      { title: fill(words.score, { score: value }) },
      h("input", {
        type: "radio",
        name: "score",
        "aria-label": fill(words.score, { score: value }),
        onchange: () => ((score = value), (more.hidden = false)),
      }),
      icon(STAR),
    ),
  );

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (send.getAttribute("aria-disabled")) return;
    send.setAttribute("aria-disabled", "true");
    const { problem } = await sheet.post("conversation/rating", { value: score, comment: comment.value });
    send.removeAttribute("aria-disabled");
    why.textContent = problem ?? "";
    if (problem === undefined) thank(sheet, isOver, words.thanks);
  }

  const { id } = store.get().conversation ?? {};
  const isOver = () => store.get().conversation?.id !== id || store.get().conversation?.state !== "closed";
  const form = h(
    "form",
    { onsubmit: submit, novalidate: true },
    title(words.rate),
    h("fieldset", { class: "scores", role: "radiogroup", "aria-labelledby": "sheet-title" }, scores),
    more,
  );
  sheet.fill(isOver, [form], sheet.hasFocus() ? (scores[0].querySelector("input") ?? undefined) : undefined);
}

/** @param {Sheet} sheet @param {Parts} parts @param {Page} page */
function askForAddress(sheet, { store }, { t }) {
  const words = t.ending ?? english;
  const { id, email } = store.get().conversation ?? {};
  const why = h("p", { class: "why", id: "sheet-why", role: "alert" });
  const address = h("input", {
    type: "email",
    id: "sheet-address",
    autocomplete: "email",
    "aria-required": "true",
    "aria-describedby": "sheet-why",
    dir: "ltr",
    value: email,
  });
  const send = button(t.send);
  const isOver = () => store.get().conversation?.id !== id;

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (send.getAttribute("aria-disabled")) return;
    const typed = address.value.trim();
    const problem = !typed ? t.required : address.validity.valid ? "" : t.email;
    send.setAttribute("aria-disabled", "true");
    const answer = problem ? { problem } : await sheet.post("transcript", { email: typed });
    send.removeAttribute("aria-disabled");
    why.textContent = answer.problem ?? "";
    address.setAttribute("aria-invalid", String(Boolean(answer.problem)));
    if (answer.problem === undefined) thank(sheet, isOver, answer.text ?? "", t.dismiss);
    else address.focus();
  }

  const form = h(
    "form",
    { onsubmit: submit, novalidate: true },
    title(words.mail),
    h("label", { for: "sheet-address" }, words.address),
    address,
    why,
    h("div", { class: "buttons" }, send, button(words.cancel, sheet.close, "plain")),
  );
  sheet.fill(isOver, [form], address);
}

/** What has come of it, read out as it appears. @param {Sheet} sheet @param {() => boolean} isOver @param {string} text
 * @param {string} [dismiss] */
export function thank(sheet, isOver, text, dismiss) {
  const said = h("p", { role: "status", dir: "auto", id: "sheet-title", tabindex: "-1" });
  const close = dismiss ? iconButton(CLOSE, dismiss, { onclick: sheet.close }) : "";
  sheet.fill(isOver, [h("div", { class: "thanks" }, said, close)], said);
  said.textContent = text; // once it is there: only then is a change of it read out
}
