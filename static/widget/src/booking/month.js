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
  const options = /** @type {const} */ ({ timeZone: "UTC", numberingSystem: "latn" });
  const format = (/** @type {Intl.DateTimeFormatOptions} */ more) =>
    new Intl.DateTimeFormat(locale, { ...options, ...more });
  const titled = format({ month: "long", year: "numeric" });
  const spoken = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const digits = format({ day: "numeric" });
  const [short, long] = [format({ weekday: "narrow" }), format({ weekday: "long" })];
  /** @type {Known} */
  let known = { first: "", last: "" };
  let current = "";

  const isKnown = () => known.month === current.slice(0, 7);

  /** @param {string} day */
  function go(day) {
    const to = day < known.first ? known.first : day > known.last ? known.last : day;
    const isOther = to.slice(0, 7) !== current.slice(0, 7);
    current = to;
    if (isOther) show(to.slice(0, 7));
    draw();
    /** @type {HTMLElement | null} */ (el.querySelector("td [tabindex='0']"))?.focus();
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const forward = getComputedStyle(el).direction === "rtl" ? -1 : 1;
    const first = firstWeekday(locale);
    const place = (dateOf(current).getUTCDay() - first + 7) % 7;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => go(addDays(current, -forward)),
      ArrowRight: () => go(addDays(current, forward)),
      ArrowUp: () => go(addDays(current, -7)),
      ArrowDown: () => go(addDays(current, 7)),
      Home: () => go(addDays(current, -place)),
      End: () => go(addDays(current, 6 - place)),
      PageUp: () => go(addMonths(current, -1)),
      PageDown: () => go(addMonths(current, 1)),
      Escape: leave,
    };
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // Escape would close the panel, too
    keys[event.key]();
  }

  /** @param {string} day */
  function drawDay(day) {
    if (!day.startsWith(current.slice(0, 7))) return h("td");
    const isFree = isKnown() && known.free?.includes(day);
    const label = spoken.format(dateOf(day)) + (isFree || !isKnown() ? "" : `, ${words.full}`);
    const props = {
      type: "button",
      class: isFree ? "free" : "",
      tabindex: day === current ? "0" : "-1",
      "aria-disabled": String(!isFree),
      "aria-label": label,
      "aria-current": day === known.first ? "date" : null,
      onclick: () => isFree && choose(day),
    };
    return h("td", null, h("button", props, digits.format(dateOf(day))));
  }

  function draw() {
    const month = current.slice(0, 7);
    const title = titled.format(dateOf(`${month}-01`));
    const step = (/** @type {number} */ count, /** @type {string} */ label, /** @type {string} */ sign) => {
      const to = addMonths(`${month}-01`, count).slice(0, 7);
      const isThere = to >= known.first.slice(0, 7) && to <= known.last.slice(0, 7);
      return h(
        "button",
        { type: "button", class: "icon", "aria-label": label, disabled: !isThere, onclick: () => turn(count) },
        sign,
      );
    };
    const weeks = weeksOf(month, firstWeekday(locale));
    const days = weeks[0].map((day) =>
      h("th", { scope: "col", abbr: long.format(dateOf(day)) }, short.format(dateOf(day))),
    );
    el.replaceChildren(
      h(
        "div",
        { class: "bar" },
        step(-1, words.previous, "‹"),
        h("strong", { "aria-live": "polite" }, title),
        step(1, words.next, "›"),
      ),
      h(
        "table",
        { "aria-label": title, "aria-busy": String(!isKnown()), onkeydown: press },
        h("thead", null, h("tr", null, days)),
        h(
          "tbody",
          null,
          weeks.map((week) => h("tr", null, week.map(drawDay))),
        ),
      ),
    );
  }

  /** By the arrows beside the title, which keep the focus. @param {number} count */
  function turn(count) {
    const to = addMonths(`${current.slice(0, 7)}-01`, count);
    current = to < known.first ? known.first : to > known.last ? known.last : to;
    show(current.slice(0, 7));
    draw();
    const arrows = /** @type {NodeListOf<HTMLButtonElement>} */ (el.querySelectorAll(".bar button"));
    const arrow = arrows[count < 0 ? 0 : 1];
    (arrow.disabled ? arrows[count < 0 ? 1 : 0] : arrow).focus();
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
      const focused = /** @type {ShadowRoot} */ (el.getRootNode()).activeElement;
      const inGrid = el.querySelector("table")?.contains(focused);
      const isNews = next.month !== known.month || next.free !== known.free;
      known = next;
      if (el.hidden || !isNews) return;
      const arrow = [...el.querySelectorAll(".bar button")].indexOf(/** @type {Element} */ (focused));
      draw();
      const again = inGrid ? el.querySelector("td [tabindex='0']") : el.querySelectorAll(".bar button")[arrow];
      /** @type {HTMLElement | undefined | null} */ (again)?.focus();
    },
  };
}
