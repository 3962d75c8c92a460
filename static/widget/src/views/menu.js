/** A button with a menu below it. */
import { h, icon, iconButton } from "../dom.js";
import { MORE } from "../icons.js";

/** @param {string} label @param {{ path: string, label: string, act: () => void }[]} choices */
export function createMenu(label, choices) {
  const entries = choices.map(createEntry);
  const menu = h("div", { class: "menu", id: "menu", role: "menu", "aria-label": label, hidden: true }, entries);
  const more = iconButton(MORE, label, {
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-controls": "menu",
    onclick: () => toggle(Boolean(menu.hidden)),
  });

  /** @param {(typeof choices)[number]} choice */
  function createEntry({ path, label, act }) {
    const choose = () => (toggle(false), more.focus(), act());
    return h("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: choose }, icon(path), label);
  }

  const shown = () => entries.filter((entry) => !entry.hidden);

  /** @param {boolean} show */
  function toggle(show) {
    menu.hidden = !show;
    more.setAttribute("aria-expanded", String(show));
    if (show) shown()[0]?.focus();
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (menu.hidden && event.key !== "ArrowDown") return;
    const all = shown();
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && menu.hidden) toggle(true);
    else if (step) all.at((at + step) % all.length)?.focus();
    else if (event.key === "Escape") (toggle(false), more.focus());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {FocusEvent} event */
  function leave({ relatedTarget }) {
    if (!(relatedTarget instanceof Node && el.contains(relatedTarget))) toggle(false);
  }

  const el = h("div", { class: "menu-place", onkeydown: press, onfocusout: leave }, more, menu);
  return {
    el,
    /** Which of the choices can be made just now. @param {boolean[]} possible */
    update(possible) {
      entries.forEach((entry, place) => (entry.hidden = !possible[place]));
      more.hidden = !possible.includes(true);
    },
  };
}
