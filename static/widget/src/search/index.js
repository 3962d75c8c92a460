/** Search in the conversation: a field below the header, what was found, and the way to it. Loaded when a visitor asks for it. */
import { h, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";
import { toJson } from "../json.js";
import { clock, dayOf, fill } from "../locales/index.js";
import { createStylesheet } from "../stylesheet.js";
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

const addStyles = createStylesheet(css);

/** @param {Parts} parts @param {Element} near a view of the panel @param {Page} page */
export function openSearch(parts, near, page) {
  const panel = near.closest(".panel");
  if (!panel) return; // taken away while this was on its way
  const open = panel.querySelector(".find input");
  if (open) return /** @type {HTMLElement} */ (open).focus();
  addStyles(panel);
  new Search(parts, panel, page).open();
}

class Search {
  #parts;
  #panel;
  #page;
  #id;
  #box;
  #el;
  #status = h("p", { class: "hint" });
  #list = h("ul", { class: "results" });
  /** @type {any} */ #pause;
  #asked = 0;
  #last = "";
  #unsubscribe;

  /** @param {Parts} parts @param {Element} panel @param {Page} page */
  constructor(parts, panel, page) {
    const { t } = page;
    this.#parts = parts;
    this.#panel = panel;
    this.#page = page;
    this.#id = parts.store.get().conversation?.id;
    this.#box = h("input", {
      type: "search",
      "aria-label": t.search,
      placeholder: t.search,
      maxlength: MAX_CHARS,
      autocomplete: "off",
      enterkeyhint: "search",
      dir: "auto",
      oninput: () => (clearTimeout(this.#pause), (this.#pause = setTimeout(() => this.#look(), PAUSE_MS))),
    });
    const dismiss = iconButton(CLOSE, t.dismiss, { onclick: () => this.#close() });
    const form = h("form", { onsubmit: this.#submit }, this.#box, dismiss);
    const found = [form, this.#status, this.#list];
    this.#el = h("section", { class: "find", role: "search", onkeydown: this.#press }, ...found);
    // Another conversation has begun: there is nothing of this one to go to.
    this.#unsubscribe = parts.store.subscribe(
      ({ conversation, open }) => (conversation?.id !== this.#id || !open) && this.#close(),
    );
  }

  open() {
    this.#panel.querySelector(".messages")?.before(this.#el);
    this.#box.focus();
  }

  #close() {
    const hadFocus = this.#el.contains(/** @type {ShadowRoot} */ (this.#panel.getRootNode()).activeElement);
    clearTimeout(this.#pause);
    this.#unsubscribe();
    this.#el.remove();
    if (hadFocus) /** @type {HTMLElement | null} */ (this.#panel.querySelector(".menu-place button"))?.focus();
  }

  #submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    this.#last = "";
    void this.#look();
  };

  #press = (/** @type {KeyboardEvent} */ event) => {
    const stops = [this.#box, ...this.#list.querySelectorAll("button")];
    const at = stops.indexOf(/** @type {any} */ (event.target));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (event.key === "Escape") this.#close();
    else if (step && at >= 0) stops[Math.max(0, at + step)]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape leaves the search, and not yet the panel
  };

  async #look() {
    const { t, locale } = this.#page;
    clearTimeout(this.#pause);
    const text = this.#box.value.trim();
    if (text === this.#last) return;
    this.#last = text;
    const number = ++this.#asked;
    if (!text) return this.#show("", []);
    try {
      const { found, more } = await this.#ask("search", { text });
      if (number !== this.#asked) return;
      const count = `${new Intl.NumberFormat(locale).format(found.length)}${more ? "+" : ""}`;
      this.#show(found.length ? fill(t.searchFound, { count }) : t.searchNone, found);
    } catch (error) {
      if (number === this.#asked) this.#show(/** @type {Error} */ (error).message, []);
      this.#last = "";
    }
  }

  /** @param {string} said @param {Found[]} found */
  #show(said, found) {
    this.#status.textContent = said;
    if (said) this.#page.announce(said);
    this.#list.replaceChildren(...found.map((one) => h("li", null, this.#drawn(one))));
  }

  /** @param {Found} found */
  #drawn(found) {
    const { t, locale } = this.#page;
    const names = { visitor: t.you, staff: t.team, assistant: this.#parts.store.get().config.name };
    const who = names[/** @type {"visitor"} */ (found.role ?? "")];
    const marked = pieces(found).map(([text, isMarked]) => (isMarked ? h("mark", null, text) : text));
    const when = `${dayOf(found.at, locale)}, ${clock(found.at, locale)}`;
    return h(
      "button",
      { type: "button", onclick: () => this.#go(found) },
      h("span", { class: "when" }, [who, when].filter(Boolean).join(" · ")),
      h("span", { class: "said", dir: "auto" }, marked),
    );
  }

  /** @param {Found} found */
  async #go(found) {
    try {
      await this.#load(found.seq);
    } catch (error) {
      return this.#show(/** @type {Error} */ (error).message, []);
    }
    // What is dispatched is drawn with the next frame, and the list comes to rest with the one after it.
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    const log = this.#panel.querySelector(".log");
    const line = /** @type {HTMLElement | null | undefined} */ (
      log?.querySelector(`[data-id="${CSS.escape(found.id)}"]`)
    );
    if (!this.#el.isConnected || !log || !line) return;
    this.#close();
    log.scrollTop = line.offsetTop - Math.max(0, (log.clientHeight - line.offsetHeight) / 2);
    log.dispatchEvent(new Event("scroll")); // at once: the list would follow its end until the browser says so
    line.tabIndex = -1;
    line.dataset.found = "";
    line.focus({ preventScroll: true });
    line.addEventListener("blur", () => delete line.dataset.found, { once: true });
  }

  /** Older events, until number `seq` is among them. @param {number} seq */
  async #load(seq) {
    const { store } = this.#parts;
    for (let pages = 0; pages < MOST_PAGES && (store.get().items[0]?.seq ?? 0) > seq; pages++) {
      const { events } = await this.#ask(`events?before=${store.get().items[0].seq}`);
      if (!events.length) return;
      store.dispatch({ type: "history.loaded", conversation: this.#id, events });
    }
  }

  /** The answer of the server. Throws with the sentence that says why there is none.
   * @param {string} path @param {object} [body] */
  async #ask(path, body) {
    const { t, host } = this.#page;
    const Authorization = `Bearer ${await this.#parts.session.token()}`;
    const response = await fetch(`${host}/api/v1/widget/${path}`, {
      method: body ? "POST" : "GET",
      headers: { "Content-Type": "application/json", Authorization },
      body: body && toJson(body),
    }).catch(() => {
      throw new Error(t.offline);
    });
    const said = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(said.title || t.internal);
    return said;
  }
}
