import { h, icon } from "../dom.js";
import { ALERT, CALENDAR, CHECK, MAIL } from "../icons.js";
import { clock, fill } from "../locales/index.js";
import { drawForm, inputsOf, keepTyped } from "./form.js";

/** So many times are offered at once; the others unfold. */
const FIRST_SLOTS = 9;

/**
 * @typedef {import("../store.js").Card} Card
 * @typedef {import("../store.js").View} SlotsView
 * @typedef {object} CardContext what the views of the kinds share
 * @property {import("./index.js").Page["t"]} t @property {string} locale @property {string} host
 * @property {(choice: string, fields?: Record<string, string>) => void} answer @property {() => void} redraw
 */

/** A card of any kind. It is redrawn only when the server changed it, so that what is being typed stays.
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createCard(actions, { t, locale, host, announce, clicks }) {
  const el = h("div", { class: "line card", role: "group", tabindex: "-1" });
  /** @type {Card} */
  let card;
  /** @type {SlotsView | undefined} what its visitor has looked at since */
  let view;
  /** @type {import("../booking/index.js").Browser | undefined} */
  let browser;
  let folded = true;
  /** @type {CardContext} */
  const context = {
    t,
    locale,
    host,
    answer: (choice, fields) => actions.answer(card.id, choice, fields),
    redraw: () => ((folded = false), draw()),
  };

  function draw() {
    const refocus = keepFocus(el);
    const restore = keepTyped(el);
    const isOpen = card.state === "open";
    el.className = `line card ${card.kind} ${card.state} ${card.status ?? ""}`;
    el.setAttribute("aria-label", card.title);
    const kind = isOpen || card.kind === "receipt" ? KINDS[card.kind] : drawClosed;
    el.replaceChildren(...kind({ ...card, ...view }, context, folded && !view));
    if (isOpen && browser) el.querySelector("h3")?.after(browser.el);
    restore();
    refocus(isOpen, card.kind);
  }

  /** Days, months and services to look through: code that is fetched when there is a card for it. */
  async function loadBrowser() {
    const { createBrowser } = await import("../booking/index.js").catch(() => ({ createBrowser: null }));
    if (!createBrowser || browser) return;
    const look = (/** @type {import("../booking/index.js").Asked} */ asked) => actions.browse(card.id, asked);
    browser = createBrowser(el, { locale, words: t.booking, announce, look, first: () => el.querySelector(".slot") });
    browser.update({ ...card, ...view });
    clicks.after(draw);
  }

  return {
    el,
    /** @param {Card} next @param {import("./index.js").State} state */
    update(next, { answering, browsed }) {
      if (next !== card || browsed[next.id] !== view) {
        const isNew = !card;
        card = next;
        view = browsed[card.id];
        browser?.update({ ...card, ...view });
        draw();
        browser?.settle();
        if (isNew && card.kind === "slots" && card.services && card.state === "open") queueMicrotask(loadBrowser);
      }
      showChoice(el, answering[card.id]?.choice);
    },
  };
}

/** Remembers whether the focus is within `el`, to put it where it is wanted once that is redrawn: the next step of a
 * card is where its first one was; what is wrong in a form comes first.
 * @param {HTMLElement} el @returns {(isOpen: boolean, kind: Card["kind"]) => void} */
function keepFocus(el) {
  const focused = /** @type {HTMLElement | null} */ (/** @type {ShadowRoot} */ (el.getRootNode()).activeElement);
  const hadFocus = el.contains(focused);
  return (isOpen, kind) => {
    if (!hadFocus) return;
    if (focused !== el && el.contains(focused)) return focused?.focus();
    const inputs = [...inputsOf(el)];
    const wrong = inputs.find((input) => input.getAttribute("aria-invalid") === "true");
    (isOpen ? (wrong ?? (kind === "verify" ? inputs[0] : el)) : el).focus();
  };
}

/** What the visitor has chosen, while it is on its way. @param {HTMLElement} el @param {string | undefined} choice */
function showChoice(el, choice) {
  const isBusy = String(choice !== undefined);
  el.setAttribute("aria-busy", isBusy);
  for (const button of el.querySelectorAll("button[value]")) {
    button.classList.toggle("chosen", button.getAttribute("value") === choice);
    button.setAttribute("aria-disabled", isBusy);
  }
}

/** @type {Record<Card["kind"], (card: Card, context: CardContext, folded: boolean) => (Node | string)[]>} */
const KINDS = {
  slots: drawSlots,
  confirm: drawConfirm,
  receipt: drawReceipt,
  contact: drawContact,
  verify: drawVerify,
};

/** @param {string} path @param {string} title */
const heading = (path, title) => h("h3", null, icon(path), h("bdi", null, title));

/** @param {import("../store.js").Line[]} lines @param {string} [host] where what a line leads to is shown */
const table = (lines = [], host = "") =>
  h(
    "dl",
    null,
    lines.flatMap(([label, value, path]) => {
      const href = host && path && addressOn(host, path);
      const shown = h("bdi", null, value);
      return [
        h("dt", null, h("bdi", null, label)),
        h("dd", null, href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, shown) : shown),
      ];
    }),
  );

/** @param {Card} card @param {CardContext} context @param {boolean} folded */
function drawSlots({ title, timezone, days = [] }, { t, locale, answer, redraw }, folded) {
  let room = folded ? FIRST_SLOTS : Infinity;
  const shown = days.map(({ label, slots }) => {
    // A day is not begun for one or two of its times.
    const some = room < Math.min(3, slots.length) ? [] : slots.slice(0, room);
    room -= slots.length;
    const times = some.map(({ id, label: time, note, start_at }) =>
      h(
        "button",
        {
          type: "button",
          class: "slot",
          value: id,
          "aria-label": [label, time, note].filter(Boolean).join(t.comma),
          onclick: () => answer(id),
        },
        h("time", { datetime: start_at }, time),
        note ? h("small", { dir: "auto" }, note) : "",
      ),
    );
    return some.length
      ? h(
          "div",
          { class: "slots-of-day", role: "group", "aria-label": label },
          h("h4", null, h("bdi", null, label)),
          h("div", { class: "grid" }, times),
        )
      : "";
  });
  return [
    heading(CALENDAR, title),
    timezone ? h("p", { class: "small" }, fill(t.zone, { zone: nameOfZone(timezone, locale) })) : "",
    ...shown,
    room < 0 ? h("button", { type: "button", class: "text more", onclick: redraw }, t.moreTimes) : "",
  ];
}

/** @param {Card} card @param {CardContext} context */
function drawConfirm({ title, lines, fields = [], confirm_label, cancel_label, expires_at }, { t, locale, answer }) {
  const until = expires_at && clock(expires_at, locale);
  return [
    heading(CALENDAR, title),
    table(lines),
    drawForm(fields, t, (values) => answer("confirm", fields.length ? values : undefined), [
      h("button", { type: "submit", class: "button", value: "confirm" }, confirm_label || t.send),
      h(
        "button",
        { type: "button", class: "button plain", value: "cancel", onclick: () => answer("cancel") },
        cancel_label || t.decline,
      ),
    ]),
    until ? h("p", { class: "small" }, fill(t.heldUntil, { time: until })) : "",
  ];
}

/** @param {Card} card @param {CardContext} context */
function drawContact({ title, text, fields = [] }, { t, answer }) {
  return [
    heading(MAIL, title),
    text ? h("p", null, text) : "",
    drawForm(fields, t, (values) => answer("send", values), [
      h("button", { type: "submit", class: "button", value: "send" }, t.send),
    ]),
  ];
}

/** An address first, then the code that was mailed to it. @param {Card} card @param {CardContext} context */
function drawVerify({ title, text, lines, fields = [], confirm_label, again_label, problem }, { t, answer }) {
  const buttons = [
    h("button", { type: "submit", class: "button", value: "confirm" }, confirm_label || t.send),
    h("button", { type: "button", class: "button plain", value: "cancel", onclick: () => answer("cancel") }, t.decline),
  ];
  return [
    heading(MAIL, title),
    lines?.length ? table(lines) : "",
    text ? h("p", null, text) : "",
    drawForm(fields, t, (values) => answer("confirm", values), buttons, problem),
    again_label
      ? h("button", { type: "button", class: "text more", value: "again", onclick: () => answer("again") }, again_label)
      : "",
  ];
}

/** @param {Card} card @param {CardContext} context */
function drawReceipt(card, { t, host }) {
  const { title, reference, lines, status = "done", note, ics_url, manage_url, calendar_links } = card;
  const word = {
    done: "",
    sending: t.statusSending,
    failed: t.statusFailed,
    cancelled: t.statusCancelled,
    replaced: "",
  }[status];
  const isValid = status !== "cancelled" && status !== "replaced";
  const link = (/** @type {string | undefined} */ path, /** @type {string} */ label, /** @type {object} */ props) => {
    const href = path && addressOn(host, path);
    return href ? h("a", { href, rel: "noopener noreferrer", ...props }, label) : "";
  };
  const file = { class: "button plain", download: "" };
  return [
    heading(status === "replaced" ? CALENDAR : status === "failed" || status === "cancelled" ? ALERT : CHECK, title),
    word ? h("p", { class: "state" }, word) : "",
    table(
      [...(reference ? [/** @type {[string, string]} */ ([t.reference, reference])] : []), ...(lines ?? [])],
      isValid ? host : "",
    ),
    note ? h("p", { class: "small" }, note) : "",
    h(
      "div",
      { class: "buttons" },
      isValid &&
        (calendar_links
          ? h(
              "details",
              null,
              h("summary", { class: "button plain" }, t.addToCalendar),
              calendar_links.map(([name, path]) =>
                link(path, name, path === ics_url ? { download: "" } : { target: "_blank" }),
              ),
            )
          : link(ics_url, t.addToCalendar, file)),
      isValid && link(manage_url, t.manage, { class: "button plain", target: "_blank" }),
    ),
  ];
}

/** A card that was answered or that time has closed: one quiet line. @param {Card} card @param {CardContext} context */
function drawClosed(card, { t }) {
  const answered = card.state === "answered";
  const words = !answered
    ? t.gone
    : card.kind === "slots"
      ? fill(t.picked, { choice: card.picked || nameOfSlot(card, t.comma) })
      : ({ confirm: t.confirmed, cancel: t.declined, send: card.note || t.handedIn }[card.choice ?? ""] ?? "");
  return [
    heading(answered && card.choice !== "cancel" ? CHECK : CALENDAR, card.title),
    h("p", { class: "small" }, words),
  ];
}

/** @param {Card} card @param {string} comma */
function nameOfSlot({ days = [], choice }, comma) {
  for (const { label, slots } of days)
    for (const slot of slots) if (slot.id === choice) return label + comma + slot.label;
  return "";
}

/** @param {string} zone an IANA name @param {string} locale */
function nameOfZone(zone, locale) {
  try {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "longGeneric" }).formatToParts();
    const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
    return name.startsWith("GMT") ? zone : name;
  } catch {
    return zone;
  }
}

/** The address on the server that the widget came from, if it is one of the web.
 * @param {string} host @param {string} path */
function addressOn(host, path) {
  const url = new URL(path, host);
  return /^https?:$/.test(url.protocol) ? url.href : null;
}
