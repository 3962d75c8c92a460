/** Search in the conversation: a field below the header, what was found, and the way to it. Loaded when a visitor asks for it. */
import { h, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";
import { toJson } from "../json.js";
import { clock, dayOf, fill } from "../locales/index.js";
import { pieces } from "./pieces.js";
import css from "./search.css";

/**
 * @typedef {import("../views/index.js").Page} Page
 * @typedef {Pick<import("../actions.js").Parts, "store" | "session">} Parts
 * @typedef {object} Found a message or a card that has all the words; `marks` are their places in `text`, in code points
 * @property {"message" | "card"} kind @property {string} id @property {number} seq @property {string} [role]
 * @property {string} at @property {string} text @property {[number, number][]} marks
 */

const MAX_CHARS = 100;
const PAUSE_MS = 400;
/** Of older events, until the line that was found is there: each has up to 400. */
const MOST_PAGES = 50;

/** @type {CSSStyleSheet | undefined} */
let styles;

/** @param {Parts} parts @param {Element} near a view of the panel @param {Page} page */
export function openSearch({ store, session }, near, { t, locale, host, announce }) {
  const panel = near.closest(".panel");
  if (!panel) return; // taken away while this was on its way
  const open = panel.querySelector(".find input");
  if (open) return /** @type {HTMLElement} */ (open).focus();
  const root = /** @type {ShadowRoot} */ (panel.getRootNode());
  if (!styles) (styles = new CSSStyleSheet()).replaceSync(css);
  if (!root.adoptedStyleSheets.includes(styles)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, styles];

  const { id } = store.get().conversation ?? {};
  const status = h("p", { class: "hint" });
  const list = h("ul", { class: "results" });
  const box = h("input", {
    type: "search",
    "aria-label": t.search,
    placeholder: t.search,
    maxlength: MAX_CHARS,
    autocomplete: "off",
    enterkeyhint: "search",
    dir: "auto",
    oninput: () => (clearTimeout(pause), (pause = setTimeout(look, PAUSE_MS))),
  });
  const form = h("form", { onsubmit: submit }, box, iconButton(CLOSE, t.dismiss, { onclick: close }));
  const el = h("section", { class: "find", role: "search", onkeydown: press }, form, status, list);
  /** @type {any} */ let pause;
  let asked = 0;
  let last = "";
  // Another conversation has begun: there is nothing of this one to go to.
  const unsubscribe = store.subscribe(({ conversation, open }) => (conversation?.id !== id || !open) && close());

  function close() {
    const hadFocus = el.contains(root.activeElement);
    clearTimeout(pause);
    unsubscribe();
    el.remove();
    if (hadFocus) /** @type {HTMLElement | null} */ (panel?.querySelector(".menu-place button"))?.focus();
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    last = "";
    void look();
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const stops = [box, ...list.querySelectorAll("button")];
    const at = stops.indexOf(/** @type {any} */ (event.target));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (event.key === "Escape") close();
    else if (step && at >= 0) stops[Math.max(0, at + step)]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape leaves the search, and not yet the panel
  }

  /** The answer of the server. Throws with the sentence that says why there is none.
   * @param {string} path @param {object} [body] */
  async function ask(path, body) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${await session.token()}` };
    const response = await fetch(`${host}/api/v1/widget/${path}`, {
      method: body ? "POST" : "GET",
      headers,
      body: body && toJson(body),
    }).catch(() => {
      throw new Error(t.offline);
    });
    const said = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(said.title || t.internal);
    return said;
  }

  async function look() {
    clearTimeout(pause);
    const text = box.value.trim();
    if (text === last) return;
    last = text;
    const number = ++asked;
    if (!text) return show("", []);
    try {
      const { found, more } = await ask("search", { text });
      if (number !== asked) return;
      const count = `${new Intl.NumberFormat(locale).format(found.length)}${more ? "+" : ""}`;
      show(found.length ? fill(t.searchFound, { count }) : t.searchNone, found);
    } catch (error) {
      if (number === asked) show(/** @type {Error} */ (error).message, []);
      last = "";
    }
  }

  /** @param {string} said @param {Found[]} found */
  function show(said, found) {
    status.textContent = said;
    if (said) announce(said);
    list.replaceChildren(...found.map((one) => h("li", null, drawFound(one))));
  }

  /** @param {Found} found */
  function drawFound(found) {
    const names = { visitor: t.you, staff: t.team, assistant: store.get().config.name };
    const who = names[/** @type {"visitor"} */ (found.role ?? "")];
    const marked = pieces(found).map(([text, isMarked]) => (isMarked ? h("mark", null, text) : text));
    const when = `${dayOf(found.at, locale)}, ${clock(found.at, locale)}`;
    return h(
      "button",
      { type: "button", onclick: () => go(found) },
      h("span", { class: "when" }, [who, when].filter(Boolean).join(" · ")),
      h("span", { class: "said", dir: "auto" }, marked),
    );
  }

  /** @param {Found} found */
  async function go(found) {
    try {
      for (let pages = 0; pages < MOST_PAGES && (store.get().items[0]?.seq ?? 0) > found.seq; pages++) {
        const { events } = await ask(`events?before=${store.get().items[0].seq}`);
        if (!events.length) break;
        store.dispatch({ type: "history.loaded", conversation: id, events });
      }
    } catch (error) {
      return show(/** @type {Error} */ (error).message, []);
    }
    // What is dispatched is drawn with the next frame, and the list comes to rest with the one after it.
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    const log = panel?.querySelector(".log");
    const line = /** @type {HTMLElement | null | undefined} */ (
      log?.querySelector(`[data-id="${CSS.escape(found.id)}"]`)
    );
    if (!el.isConnected || !log || !line) return;
    close();
    log.scrollTop = line.offsetTop - Math.max(0, (log.clientHeight - line.offsetHeight) / 2);
    log.dispatchEvent(new Event("scroll")); // at once: the list would follow its end until the browser says so
    line.tabIndex = -1;
    line.dataset.found = "";
    line.focus({ preventScroll: true });
    line.addEventListener("blur", () => delete line.dataset.found, { once: true });
  }

  panel.querySelector(".messages")?.before(el);
  box.focus();
}
