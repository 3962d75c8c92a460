/** The services of a slots card: those to choose from, or the one that has been chosen. */
import { h } from "../dom.js";
import { lengthOf } from "./dates.js";

/** @typedef {import("../store.js").Service} Service */

/** @param {string} locale @param {import("../locales/index.js").Booking} words @param {(id: string) => void} onPick */
export function createServices(locale, words, onPick) {
  const el = h("div", { class: "services" });
  /** @type {Service[]} */ let all = [];
  /** @type {Service | undefined} */ let chosen;
  let isChoosing = false;

  function draw() {
    el.replaceChildren(chosen && !isChoosing ? drawChosen(chosen) : drawList());
  }

  /** @param {Service} service */
  function drawChosen(service) {
    const change = h("button", { type: "button", class: "text", onclick: reopen }, words.change);
    return h("div", { class: "chosen" }, h("div", null, about(service, true)), all.length > 1 ? change : "");
  }

  const drawList = () =>
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
    );

  /** @param {Service} one @param {boolean} isTitle whether the card's title names it */
  const about = (one, isTitle) => [
    isTitle ? "" : h("strong", null, h("bdi", null, one.name)),
    h("span", { class: "facts" }, factsOf(one, locale, words.from)),
    one.description ? h("span", { class: "about", dir: "auto" }, one.description) : "",
  ];

  /** @param {string} id */
  function pick(id) {
    isChoosing = false;
    onPick(id);
    draw();
  }

  function reopen() {
    isChoosing = true;
    draw();
    const button = el.querySelector("[aria-pressed=true]") ?? el.querySelector("button");
    /** @type {HTMLElement | null} */ (button)?.focus();
  }

  return {
    el,
    /** @param {Service[]} services @param {string} [service] id of the chosen one */
    update(services, service) {
      all = services;
      chosen = all.find(({ id }) => id === service);
      draw();
    },
  };
}

/** How long it takes and what it costs. @param {Service} service @param {string} locale @param {string} from */
function factsOf({ minutes, price }, locale, from) {
  const length = minutes.length ? lengthOf(minutes[0], locale) : "";
  const shown = minutes.length > 1 ? from.replace("{length}", length) : length;
  // Each in its own direction: "£45" within Arabic would read "45£".
  return [shown, price].filter(Boolean).flatMap((fact, place) => [place ? " · " : "", h("bdi", null, fact)]);
}
