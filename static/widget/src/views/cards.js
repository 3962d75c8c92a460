import { h, icon } from "../dom.js";
import { ALERT, CALENDAR, CHECK, MAIL } from "../icons.js";
import { clock, fill } from "../locales/index.js";
import { randomHex } from "../random.js";

/** So many times are offered at once; the others unfold. */
const FIRST_SLOTS = 9;

const AUTOCOMPLETE = { name: "name", email: "email", phone: "tel", tel: "tel" };

/** A one-time code, as phones and keyboards know it. */
const CODE = { type: "text", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "12" };

/**
 * @typedef {import("../store.js").Card} Card
 * @typedef {import("../store.js").Field} Field
 * @typedef {object} CardContext what the views of the kinds share
 * @property {import("./index.js").Page["t"]} t @property {string} locale @property {string} host
 * @property {(choice: string, fields?: Record<string, string>) => void} answer @property {() => void} redraw
 */

/** A card of any kind. It is drawn anew only when the server changed it, so that what is being typed stays.
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createCard(actions, { t, locale, host }) {
  const el = h("div", { class: "line card", role: "group", tabindex: "-1" });
  /** @type {Card} */
  let card;
  let folded = true;
  /** @type {CardContext} */
  const context = {
    t,
    locale,
    host,
    answer: (choice, fields) => actions.answer(card.id, choice, fields),
    redraw() {
      folded = false;
      draw();
    },
  };

  function draw() {
    const hadFocus = el.contains(/** @type {ShadowRoot} */ (el.getRootNode()).activeElement);
    const kept = valuesOf(el);
    el.className = `line card ${card.kind} ${card.state} ${card.status ?? ""}`;
    el.setAttribute("aria-label", card.title);
    el.replaceChildren(
      ...(card.state === "open" || card.kind === "receipt"
        ? KINDS[card.kind](card, context, folded)
        : drawClosed(card, context)),
    );
    for (const input of inputsOf(el)) input.value = kept[input.name] ?? input.value;
    // The next step of a card is where its first one was.
    if (hadFocus) (card.state === "open" && card.kind === "verify" ? inputsOf(el)[0] : el).focus();
  }

  return {
    el,
    /** @param {Card} next @param {import("./index.js").State} state */
    update(next, { answering }) {
      if (next !== card) {
        card = next;
        draw();
      }
      const choice = answering[card.id];
      el.setAttribute("aria-busy", String(choice !== undefined));
      for (const button of el.querySelectorAll("button[value]")) {
        button.classList.toggle("chosen", button.getAttribute("value") === choice);
        button.setAttribute("aria-disabled", String(choice !== undefined));
      }
    },
  };
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

/** @param {[string, string][]} lines */
const table = (lines = []) =>
  h(
    "dl",
    null,
    lines.flatMap(([label, value]) => [h("dt", null, h("bdi", null, label)), h("dd", null, h("bdi", null, value))]),
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
function drawReceipt({ title, reference, lines, status = "done", note, ics_url, manage_url }, { t, host }) {
  const word = { done: "", sending: t.statusSending, failed: t.statusFailed, cancelled: t.statusCancelled }[status];
  const link = (/** @type {string | undefined} */ path, /** @type {string} */ label, /** @type {object} */ props) => {
    const href = path && addressOn(host, path);
    return href ? h("a", { class: "button plain", href, rel: "noopener", ...props }, label) : "";
  };
  return [
    heading(status === "failed" || status === "cancelled" ? ALERT : CHECK, title),
    word ? h("p", { class: "state" }, word) : "",
    table([...(reference ? [/** @type {[string, string]} */ ([t.reference, reference])] : []), ...(lines ?? [])]),
    note ? h("p", { class: "small" }, note) : "",
    h(
      "div",
      { class: "buttons" },
      status !== "cancelled" && link(ics_url, t.addToCalendar, { download: "" }),
      status !== "cancelled" && link(manage_url, t.manage, { target: "_blank" }),
    ),
  ];
}

/** A card that was answered or that time has closed: one quiet line. @param {Card} card @param {CardContext} context */
function drawClosed(card, { t }) {
  const answered = card.state === "answered";
  const words = !answered
    ? t.gone
    : card.kind === "slots"
      ? fill(t.picked, { choice: nameOfSlot(card, t.comma) })
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

/** @param {Field[]} fields @param {CardContext["t"]} t @param {(values: Record<string, string>) => void} onSubmit
 * @param {HTMLElement[]} buttons @param {string} [problem] with the last answer */
function drawForm(fields, t, onSubmit, buttons, problem = "") {
  const places = fields.map(({ name, label, type, value = "" }, place) => {
    const id = `field-${randomHex(4)}`;
    const props = {
      id,
      name,
      autocomplete: AUTOCOMPLETE[/** @type {keyof typeof AUTOCOMPLETE} */ (name)] ?? "off",
      "aria-required": "true",
      "aria-describedby": `${id}-why`,
      dir: "auto",
    };
    const input =
      type === "textarea"
        ? h("textarea", { ...props, rows: "3" })
        : h("input", { ...props, ...(type === "code" ? CODE : { type }) });
    input.value = value;
    const wrong = place === 0 && problem;
    if (wrong) input.setAttribute("aria-invalid", "true");
    const why = h("p", { class: "why", id: `${id}-why` }, wrong || "");
    return { input, why, el: h("div", { class: "input" }, h("label", { for: id }, h("bdi", null, label)), input, why) };
  });

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    for (const { input, why } of places) {
      why.textContent = !input.value.trim() ? t.required : input.validity.typeMismatch ? t.email : "";
      input.setAttribute("aria-invalid", String(why.textContent !== ""));
    }
    const wrong = places.find(({ why }) => why.textContent);
    if (wrong) wrong.input.focus();
    else onSubmit(Object.fromEntries(places.map(({ input }) => [input.name, input.value.trim()])));
  }

  return h(
    "form",
    { novalidate: true, onsubmit: submit },
    places.map(({ el }) => el),
    h("div", { class: "buttons" }, buttons),
  );
}

/** @param {HTMLElement} el */
const inputsOf = (el) =>
  /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */ (el.querySelectorAll("input, textarea"));

/** @param {HTMLElement} el @returns {Record<string, string>} */
const valuesOf = (el) => Object.fromEntries([...inputsOf(el)].map(({ name, value }) => [name, value]));
