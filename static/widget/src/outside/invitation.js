/** The invitation beside the launcher: shown once, after some time or when the pointer leaves the page, and never to visitors
 * who have closed it or have chatted already. */
import { h, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.root @param {import("../storage.js").Stored} parts.storage
 * @param {{ teaserAfter: number, teaserOnExit: boolean }} parts.settings
 * @param {{ dismiss: string, label: string }} parts.words @param {() => void} parts.open
 */
export function createInvitation({ root, storage, settings, words, open }) {
  const text = h("span", { dir: "auto" });
  const press = h("button", { type: "button", class: "invite-text", onclick: () => (leave(), open()) }, text);
  const close = iconButton(CLOSE, words.dismiss, { onclick: () => leave() });
  const el = h("div", { class: "invite", role: "group", "aria-label": words.label, hidden: true }, press, close);
  root.prepend(el);
  const said = h("div", { class: "invite-said", role: "status" });
  root.append(said);
  /** @type {any} */
  let timer;
  let due = "";

  const isRefused = () => Boolean(storage.get("session")) || storage.get("invited") === due;

  function leave() {
    storage.set("invited", due);
    rest();
  }

  function rest() {
    clearTimeout(timer);
    el.hidden = true;
    said.textContent = "";
  }

  function appear() {
    if (!due || isRefused() || !el.hidden || root.querySelector(".panel:not([hidden])")) return;
    text.textContent = due;
    el.hidden = false;
    said.textContent = due;
  }

  const leaving = (/** @type {MouseEvent} */ event) => event.clientY <= 0 && !event.relatedTarget && appear();
  if (settings.teaserOnExit) document.documentElement.addEventListener("mouseleave", leaving);
  return {
    el,
    /** Another page, with this invitation; "" for none. @param {string} words */
    expect(words) {
      if (words === due) return;
      rest();
      due = words;
      if (due && settings.teaserAfter > 0) timer = setTimeout(appear, settings.teaserAfter * 1_000);
    },
    /** The panel has been opened: what was to be said is done. */
    done: () => (due ? leave() : rest()),
    destroy() {
      rest();
      el.remove();
      said.remove();
      document.documentElement.removeEventListener("mouseleave", leaving);
    },
  };
}
