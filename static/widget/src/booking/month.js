/** A month to choose a day from, by pointer or by keyboard, as the ARIA practices have it for a grid of dates.
 * Source: https://www.w3.org/WAI/ARIA/apg/patterns/dialog-modal/examples/datepicker-dialog/ */
import { h } from "../dom.js";
import { addDays, addMonths, dateOf, firstWeekday, weeksOf } from "./dates.js";

/** @typedef {{ first: string, last: string, month?: string, free?: string[] }} Known what can be booked, and what is known to be free */

/**
 * @param {string} locale @param {import("../locales/index.js").Booking} words
 * @param {(month: string) => void} show asks for a month @param {(day: string) => void} choose @param {() => void} leave
 */
export function createMonth(locale, words, show, choose, leave) {
  const el = h("div", { class: "month", hidden: true });
  const formats = createFormats(locale);
  /** @type {Known} */
  let known = { first: "", last: "" };
  let current = "";

  /** @param {string} day one that may lie before or after what can be booked */
  function moveTo(day) {
    const to = day < known.first ? known.first : day > known.last ? known.last : day;
    const isOther = to.slice(0, 7) !== current.slice(0, 7);
    current = to;
    if (isOther) show(to.slice(0, 7));
    draw();
  }

  const go = (/** @type {string} */ day) => (moveTo(day), focusDay(el));

  /** By the arrows beside the title, which keep the focus. @param {number} count */
  function turn(count) {
    moveTo(addMonths(`${current.slice(0, 7)}-01`, count));
    const arrows = arrowsOf(el);
    const arrow = arrows[count < 0 ? 0 : 1];
    (arrow.disabled ? arrows[count < 0 ? 1 : 0] : arrow).focus();
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const forward = getComputedStyle(el).direction === "rtl" ? -1 : 1;
    const day = dayAfter(event.key, current, firstWeekday(locale), forward);
    if (!day && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation(); // Escape would close the panel, too
    if (day) go(day);
    else leave();
  }

  function draw() {
    const grid = { current, known, formats, full: words.full, choose };
    el.replaceChildren(drawBar(current, known, formats, words, turn), drawGrid(grid, firstWeekday(locale), press));
  }

  return {
    el,
    /** @param {string} day to begin with */
    open(day) {
      el.hidden = false;
      current = "";
      go(day);
    },
    /** @param {Known} next */
    update(next) {
      const isNews = next.month !== known.month || next.free !== known.free;
      known = next;
      if (!el.hidden && isNews) keepFocus(el, draw);
    },
  };
}

/** @typedef {ReturnType<typeof createFormats>} Formats */

/** @param {string} locale */
function createFormats(locale) {
  const format = (/** @type {Intl.DateTimeFormatOptions} */ more) => {
    const formatter = new Intl.DateTimeFormat(locale, { timeZone: "UTC", numberingSystem: "latn", ...more });
    return (/** @type {string} */ day) => formatter.format(dateOf(day));
  };
  return {
    title: format({ month: "long", year: "numeric" }),
    spoken: format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    digits: format({ day: "numeric" }),
    short: format({ weekday: "narrow" }),
    long: format({ weekday: "long" }),
  };
}

/** @param {HTMLElement} el */
const arrowsOf = (el) => /** @type {HTMLButtonElement[]} */ ([...el.querySelectorAll(".bar button")]);

/** @param {HTMLElement} el */
const focusDay = (el) => /** @type {HTMLElement | null} */ (el.querySelector("td [tabindex='0']"))?.focus();

/** Redraws; the focus stays in the grid, or on its arrow. @param {HTMLElement} el @param {() => void} draw */
function keepFocus(el, draw) {
  const focused = /** @type {ShadowRoot} */ (el.getRootNode()).activeElement;
  const arrow = arrowsOf(el).indexOf(/** @type {HTMLButtonElement} */ (focused));
  const isInGrid = el.querySelector("table")?.contains(focused);
  draw();
  if (isInGrid) focusDay(el);
  else arrowsOf(el)[arrow]?.focus();
}

/** The day that a key leads to. @param {string} key @param {string} day @param {number} first day of the week
 * @param {number} forward -1 where days run from right to left */
function dayAfter(key, day, first, forward) {
  const place = (dateOf(day).getUTCDay() - first + 7) % 7;
  /** @type {Record<string, number>} */
  const days = {
    ArrowLeft: -forward,
    ArrowRight: forward,
    ArrowUp: -7,
    ArrowDown: 7,
    Home: -place,
    End: 6 - place,
  };
  if (Object.hasOwn(days, key)) return addDays(day, days[key]);
  if (key === "PageUp" || key === "PageDown") return addMonths(day, key === "PageUp" ? -1 : 1);
}

/** The title, and the arrows beside it. @param {string} current @param {Known} known @param {Formats} formats
 * @param {import("../locales/index.js").Booking} words @param {(count: number) => void} turn */
function drawBar(current, known, formats, words, turn) {
  const first = `${current.slice(0, 7)}-01`;
  const arrow = (/** @type {number} */ count, /** @type {string} */ label, /** @type {string} */ sign) => {
    const to = addMonths(first, count).slice(0, 7);
    const disabled = to < known.first.slice(0, 7) || to > known.last.slice(0, 7);
    const props = { type: "button", class: "icon", "aria-label": label, disabled, onclick: () => turn(count) };
    return h("button", props, sign);
  };
  const title = h("strong", { "aria-live": "polite" }, formats.title(first));
  return h("div", { class: "bar" }, arrow(-1, words.previous, "‹"), title, arrow(1, words.next, "›"));
}

/**
 * @typedef {object} Grid
 * @property {string} current @property {Known} known @property {Formats} formats
 * @property {string} full said of a day without a free time @property {(day: string) => void} choose
 */

/** @param {Grid} grid @param {number} first day of the week @param {(event: KeyboardEvent) => void} press */
function drawGrid(grid, first, press) {
  const { current, known, formats } = grid;
  const month = current.slice(0, 7);
  const weeks = weeksOf(month, first);
  const days = weeks[0].map((day) => h("th", { scope: "col", abbr: formats.long(day) }, formats.short(day)));
  const rows = weeks.map((week) =>
    h(
      "tr",
      null,
      week.map((day) => drawDay(day, grid)),
    ),
  );
  return h(
    "table",
    {
      "aria-label": formats.title(`${month}-01`),
      "aria-busy": String(known.month !== month),
      onkeydown: press,
    },
    h("thead", null, h("tr", null, days)),
    h("tbody", null, rows),
  );
}

/** @param {string} day @param {Grid} grid */
function drawDay(day, { current, known, formats, full, choose }) {
  const month = current.slice(0, 7);
  if (!day.startsWith(month)) return h("td");
  const isKnown = known.month === month;
  const isFree = isKnown && known.free?.includes(day);
  const props = {
    type: "button",
    class: isFree ? "free" : "",
    tabindex: day === current ? "0" : "-1",
    "aria-disabled": String(!isFree),
    "aria-label": formats.spoken(day) + (isFree || !isKnown ? "" : `, ${full}`),
    "aria-current": day === known.first ? "date" : null,
    onclick: () => isFree && choose(day),
  };
  return h("td", null, h("button", props, formats.digits(day)));
}
