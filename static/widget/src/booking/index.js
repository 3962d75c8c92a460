/** The upper part of a slots card: which service, with whom, and which days. What is free, the server alone says. */
import { h } from "../dom.js";
import { createStylesheet } from "../stylesheet.js";
import css from "./booking.css";
import { lengthOf } from "./dates.js";
import { createMonth } from "./month.js";

/** @typedef {import("../store.js").Card & import("../store.js").View} Shown */
/** @typedef {{ day?: string, after?: string, before?: string, month?: string, service?: string, calendar?: string }} Asked */
/** @typedef {ReturnType<typeof createBrowser>} Browser */

const dress = createStylesheet(css);

/**
 * @param {ShadowRoot} root
 * @param {object} page
 * @param {string} page.locale @param {import("../locales/index.js").Booking} page.words
 * @param {(text: string) => void} page.announce
 * @param {(asked: Asked) => void} page.look @param {() => HTMLElement | null} page.first the first time on the card
 */
export function createBrowser(root, { locale, words, announce, look, first }) {
  dress(root);
  /** @type {Shown} */
  let shown;
  let choosing = false; // a service
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
    () => (fold(), toggle.focus()),
  );
  const services = h("div", { class: "services" });
  const people = h("select", { "aria-label": words.who, onchange: () => ask({ calendar: people.value || undefined }) });
  const who = h("label", { class: "person" }, words.who, people);
  const step = (/** @type {string} */ label, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "button plain", onclick }, label);
  const earlier = step(words.earlier, () => ask({ before: shown.days?.[0]?.date }));
  const later = step(words.later, () => ask({ after: shown.days?.at(-1)?.date }));
  const toggle = step(words.choose, () => (month.el.hidden ? unfold() : fold()));
  toggle.setAttribute("aria-expanded", "false");
  const steps = h("div", { class: "steps" }, earlier, toggle, later);
  const problem = h("p", { class: "problem", dir: "auto" });
  const el = h("div", { class: "browse" }, services, who, steps, month.el, problem);

  function unfold() {
    toggle.setAttribute("aria-expanded", "true");
    month.open(shown.days?.[0]?.date ?? shown.first_day ?? "");
  }

  function fold() {
    toggle.setAttribute("aria-expanded", "false");
    month.el.hidden = true;
  }

  /** @param {import("../store.js").Service} service */
  function facts({ minutes, price }) {
    const length = minutes.length ? lengthOf(minutes[0], locale) : "";
    const from = minutes.length > 1 ? words.from.replace("{length}", length) : length;
    // Each in its own direction: "£45" within Arabic would read "45£".
    return [from, price].filter(Boolean).flatMap((fact, place) => [place ? " · " : "", h("bdi", null, fact)]);
  }

  function drawServices() {
    const { services: all = [], service } = shown;
    const chosen = all.find(({ id }) => id === service);
    const pick = (/** @type {string} */ id) => {
      choosing = false;
      fold();
      ask({ service: id, calendar: undefined });
      drawServices();
    };
    const about = (/** @type {import("../store.js").Service} */ one, /** @type {boolean} */ isTitle) => [
      isTitle ? "" : h("strong", null, h("bdi", null, one.name)),
      h("span", { class: "facts" }, facts(one)),
      one.description ? h("span", { class: "about", dir: "auto" }, one.description) : "",
    ];
    if (chosen && !choosing) {
      const change = step(words.change, () => ((choosing = true), drawServices(), focusChosen()));
      change.className = "text";
      services.replaceChildren(
        h("div", { class: "chosen" }, h("div", null, about(chosen, true)), all.length > 1 ? change : ""),
      );
      return;
    }
    services.replaceChildren(
      h(
        "div",
        { role: "group", "aria-label": words.services, class: "list" },
        all.map((one) =>
          h(
            "button",
            { type: "button", "aria-pressed": String(one === chosen), onclick: () => pick(one.id) },
            about(one, false),
          ),
        ),
      ),
    );
  }

  function focusChosen() {
    const button = services.querySelector("[aria-pressed=true]") ?? services.querySelector("button");
    /** @type {HTMLElement | null} */ (button)?.focus();
  }

  return {
    el,
    /** @param {Shown} next */
    update(next) {
      const isOther = next.service !== shown?.service || next.calendars !== shown?.calendars;
      shown = next;
      const { service, calendars = [], calendar = "", first_day = "", last_day = "", days = [] } = shown;
      if (isOther) drawServices();
      who.hidden = calendars.length < 2;
      steps.hidden = !service;
      if (isOther) {
        const choices = [{ id: "", name: words.anyone }, ...calendars];
        people.replaceChildren(...choices.map(({ id, name }) => h("option", { value: id }, name)));
      }
      people.value = calendar;
      earlier.disabled = !days.length || (days[0].date ?? "") <= first_day;
      later.disabled = !days.length || (days.at(-1)?.date ?? "") >= last_day;
      problem.textContent = shown.problem ?? "";
      month.update({ first: first_day, last: last_day, month: shown.month, free: shown.free });
    },
    /** After the card has been drawn. */
    settle() {
      if (!awaited) return;
      if (awaited === "times") first()?.focus();
      announce([shown.problem, ...(shown.days ?? []).map(({ label }) => label)].filter(Boolean).join(". "));
      awaited = "";
    },
  };
}
