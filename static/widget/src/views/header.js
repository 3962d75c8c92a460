import { h, icon, iconButton } from "../dom.js";
import { CLOSE, MORE, PENCIL, PERSON } from "../icons.js";
import { fill } from "../locales/index.js";

/** The name of the assistant or member of staff, and the menu.
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createHeader(actions, { t, isPage }) {
  const avatar = h("span", { class: "avatar", "aria-hidden": "true" });
  const title = h("bdi"); // in the direction of its own letters, at the side of the avatar
  const who = h("span");
  const demo = h("span", { class: "pill", title: t.demoHint }, t.demo);
  const person = item(PERSON, t.person, actions.askForPerson);
  const anew = item(PENCIL, t.newConversation, actions.startAnew);
  const menu = h("div", { class: "menu", id: "menu", role: "menu", "aria-label": t.menu, hidden: true }, person, anew);
  const more = iconButton(MORE, t.menu, {
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-controls": "menu",
    onclick: () => toggle(Boolean(menu.hidden)),
  });
  const close = iconButton(CLOSE, t.close, { hidden: isPage, onclick: actions.close });
  const el = h(
    "div",
    { class: "header" },
    avatar,
    h("div", { class: "who" }, h("h2", { id: "title" }, title), h("p", null, who, demo)),
    h("div", { class: "menu-place", onkeydown: move, onfocusout: leave }, more, menu),
    close,
  );

  /** @param {string} path @param {string} label @param {() => void} act */
  function item(path, label, act) {
    const choose = () => (toggle(false), more.focus(), act());
    return h("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: choose }, icon(path), label);
  }

  /** @param {boolean} show */
  function toggle(show) {
    menu.hidden = !show;
    more.setAttribute("aria-expanded", String(show));
    if (show) items()[0]?.focus();
  }

  const items = () => [person, anew].filter((each) => !each.hidden);

  /** @param {KeyboardEvent} event */
  function move(event) {
    if (menu.hidden && event.key !== "ArrowDown") return;
    const all = items();
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
    if (!(relatedTarget instanceof Node && menu.parentNode?.contains(relatedTarget))) toggle(false);
  }

  return {
    el,
    /** @param {import("./index.js").State} state */
    update({ config, conversation, items: lines, pending }) {
      const name = config.title || config.name;
      title.textContent = name;
      avatar.textContent = [...name][0]?.toUpperCase() ?? "";
      const withPerson = fill(t.withPerson, { name: conversation?.staff || t.team });
      const is = conversation?.state;
      const waits = conversation?.notified ? t.personDue : t.personAsked;
      who.textContent = is === "waiting" ? waits : is === "staff" ? withPerson : t.assistant;
      demo.hidden = !config.demo || is === "staff";
      person.hidden = config.human === false || (is !== undefined && is !== "assistant");
      anew.hidden = lines.length + pending.length === 0;
      more.hidden = person.hidden && anew.hidden;
    },
  };
}
