/** The upper part of a slots card: which service, with whom, and which days. What is free, the server alone says. */
import { h } from "../dom.js";
import { createStylesheet } from "../stylesheet.js";
import css from "./booking.css";
import { createMonth } from "./month.js";
import { createServices } from "./services.js";

/** @typedef {import("../store.js").Card & import("../store.js").View} Shown */
/** @typedef {{ day?: string, after?: string, before?: string, month?: string, service?: string, calendar?: string }} Asked */
/** @typedef {ReturnType<typeof createBrowser>} Browser */

const dress = createStylesheet(css);

/**
 * @param {HTMLElement} card
 * @param {object} page
 * @param {string} page.locale @param {import("../locales/index.js").Booking} page.words
 * @param {(text: string) => void} page.announce
 * @param {(asked: Asked) => void} page.look @param {() => HTMLElement | null} page.first the first time on the card
 */
export function createBrowser(card, { locale, words, announce, look, first }) {
  dress(card);
  /** @type {Shown} */
  let shown;
  /** @type {"" | "times" | "days"} what is awaited, to be focused or announced */
  let awaited = "";

  /** @param {Asked} asked @param {typeof awaited} [awaits] */
  function ask(asked, awaits = "days") {
    awaited = awaits;
    look({ service: shown.service, ...(shown.calendar && { calendar: shown.calendar }), ...asked });
  }

  const month = createMonth(
    locale,
    words,
    (name) => ask({ month: name }, ""),
    (day) => (fold(), ask({ day }, "times")),
    () => (fold(), steps.toggle.focus()),
  );
  const services = createServices(locale, words, (id) => (fold(), ask({ service: id, calendar: undefined })));
  const people = createPeople(words, (calendar) => ask({ calendar }));
  const steps = createSteps(words, {
    earlier: () => ask({ before: shown.days?.[0]?.date }),
    later: () => ask({ after: shown.days?.at(-1)?.date }),
    toggle: () => (month.el.hidden ? unfold() : fold()),
  });
  const problem = h("p", { class: "problem", dir: "auto" });
  const el = h("div", { class: "browse" }, services.el, people.el, steps.el, month.el, problem);
  function unfold() {
    steps.toggle.setAttribute("aria-expanded", "true");
    month.open(shown.days?.[0]?.date ?? shown.first_day ?? "");
  }

  function fold() {
    steps.toggle.setAttribute("aria-expanded", "false");
    month.el.hidden = true;
  }

  return {
    el,
    /** @param {Shown} next */
    update(next) {
      const isOther = next.service !== shown?.service || next.calendars !== shown?.calendars;
      shown = next;
      if (isOther) services.update(shown.services ?? [], shown.service);
      people.update(shown, isOther);
      steps.update(shown);
      problem.textContent = shown.problem ?? "";
      month.update({ first: next.first_day ?? "", last: next.last_day ?? "", month: next.month, free: next.free });
    },
    /** After the card has been drawn. */
    settle() {
      if (awaited === "times") first()?.focus();
      if (awaited)
        announce([shown.problem, ...(shown.days ?? []).map(({ label }) => label)].filter(Boolean).join(". "));
      awaited = "";
    },
  };
}

/** With whom: shown where there are several. @param {import("../locales/index.js").Booking} words
 * @param {(calendar: string | undefined) => void} choose */
function createPeople(words, choose) {
  const select = h("select", { "aria-label": words.who, onchange: () => choose(select.value || undefined) });
  const el = h("label", { class: "person" }, words.who, select);
  return {
    el,
    /** @param {Shown} shown @param {boolean} isOther whether there are others now */
    update({ calendars = [], calendar = "" }, isOther) {
      el.hidden = calendars.length < 2;
      const choices = [{ id: "", name: words.anyone }, ...calendars];
      if (isOther) select.replaceChildren(...choices.map(({ id, name }) => h("option", { value: id }, name)));
      select.value = calendar;
    },
  };
}

/** To earlier days, to later ones, and to those of a month. @param {import("../locales/index.js").Booking} words
 * @param {{ earlier(): void, later(): void, toggle(): void }} actions */
function createSteps(words, actions) {
  const step = (/** @type {string} */ label, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "button plain", onclick }, label);
  const earlier = step(words.earlier, actions.earlier);
  const later = step(words.later, actions.later);
  const toggle = step(words.choose, actions.toggle);
  toggle.setAttribute("aria-expanded", "false");
  const el = h("div", { class: "steps" }, earlier, toggle, later);
  return {
    el,
    toggle,
    /** @param {Shown} shown */
    update({ service, days = [], first_day = "", last_day = "" }) {
      el.hidden = !service;
      earlier.disabled = !days.length || (days[0].date ?? "") <= first_day;
      later.disabled = !days.length || (days.at(-1)?.date ?? "") >= last_day;
    },
  };
}
