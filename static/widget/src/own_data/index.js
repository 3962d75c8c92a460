/** What is stored about a visitor: what that covers, the download, and erasing it. Loaded when a visitor asks for it. */
import { h, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";
import { toJson } from "../json.js";
import { fill } from "../locales/index.js";
import { WORDS } from "./locales/words.js";

/**
 * @typedef {import("../actions.js").Parts & { send: import("../actions.js").Send }} Parts
 * @typedef {import("../ending/index.js").Sheet} Sheet
 * @typedef {import("../views/index.js").Page} Page
 * @typedef {{ covers: "browser" | "address" | "user", email?: string, conversations: number, appointments: number }} Coverage
 */

/** @param {Parts} parts @param {Element} near a view of the panel @param {Page} page */
export async function show(parts, near, page) {
  const sheets = await import("../ending/index.js");
  const panel = near.closest(".panel");
  if (panel) await new OwnData(parts, page, sheets, sheets.sheetOf(panel, parts, page)).open();
}

class OwnData {
  #parts;
  #t;
  #host;
  #sheets;
  #sheet;
  #words;
  #id;

  /** @param {Parts} parts @param {Page} page @param {typeof import("../ending/index.js")} sheets @param {Sheet} sheet */
  constructor(parts, { t, locale, host }, sheets, sheet) {
    this.#parts = parts;
    this.#t = t;
    this.#host = host;
    this.#sheets = sheets;
    this.#sheet = sheet;
    this.#words = WORDS[locale.slice(0, 2).toLowerCase()] ?? WORDS.en;
    this.#id = parts.store.get().conversation?.id;
  }

  async open() {
    const { response, problem } = await this.#ask("");
    const why = problemLine();
    if (!response) {
      this.#fill([this.#heading(), why]);
      return void (why.textContent = problem ?? this.#t.internal);
    }
    this.#showCoverage(await response.json(), why);
  }

  /** @param {Coverage} found @param {HTMLElement} why */
  #showCoverage(found, why) {
    const words = this.#words;
    const download = this.#doing(words.download, () => this.#save(why));
    const erase = this.#sheets.button(words.erase, () => this.#askWhether(found), "plain");
    this.#fill(
      [
        this.#heading(),
        h("p", { dir: "auto" }, fill(words[found.covers] ?? words.browser, { email: found.email ?? "" })),
        h("p", null, fill(words.counts, { ...found })),
        why,
        h("div", { class: "buttons" }, download, erase),
      ],
      download,
    );
  }

  /** @param {HTMLElement} why */
  async #save(why) {
    const { response, problem } = await this.#ask("/export", {});
    why.textContent = problem ?? "";
    if (!response) return;
    const url = URL.createObjectURL(await response.blob());
    h("a", { href: url, download: "visitor.zip" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000); // once the browser has taken it
    this.#sheets.thank(this.#sheet, this.#isOver, this.#words.begun, this.#t.dismiss);
  }

  /** @param {Coverage} found */
  #askWhether({ appointments }) {
    const words = this.#words;
    const { title, button } = this.#sheets;
    const why = problemLine();
    const keep = button(words.keep, this.#sheet.close, "plain");
    const cancels = appointments ? [h("p", null, fill(words.cancels, { appointments }))] : [];
    const sure = this.#doing(words.sure, () => this.#erase(why), "danger");
    const buttons = h("div", { class: "buttons" }, sure, keep);
    this.#fill([title(words.ask), h("p", null, words.askHint), ...cancels, why, buttons], keep);
  }

  /** @param {HTMLElement} why */
  async #erase(why) {
    const { transport, storage, store } = this.#parts;
    transport.close(); // or it would ask for a new session as soon as the server ends this one
    const { problem } = await this.#ask("/erase", { confirm: true });
    if (problem !== undefined) {
      why.textContent = problem;
      return transport.restart();
    }
    storage.clear();
    this.#sheets.thank(this.#sheet, () => store.get().items.length > 0, this.#words.erased, this.#t.dismiss);
    store.dispatch({ type: "conversation.left" });
    store.dispatch({ type: "connection.changed", connection: "idle" });
  }

  #isOver = () => this.#parts.store.get().conversation?.id !== this.#id;

  /** @param {(HTMLElement)[]} content @param {HTMLElement} [focus] */
  #fill(content, focus) {
    this.#sheet.fill(this.#isOver, content, focus);
  }

  #heading() {
    const close = iconButton(CLOSE, this.#t.dismiss, { onclick: this.#sheet.close });
    return h("div", { class: "thanks" }, this.#sheets.title(this.#t.yourData), close);
  }

  /** Runs `act` on a click, once at a time. @param {string} label @param {() => Promise<void>} act @param {string} [look] */
  #doing(label, act, look) {
    const one = this.#sheets.button(
      label,
      async () => {
        if (one.getAttribute("aria-disabled")) return;
        one.setAttribute("aria-disabled", "true");
        await act();
        one.removeAttribute("aria-disabled");
      },
      look,
    );
    return one;
  }

  /** The response, or the sentence that says why there is none. @param {string} path @param {object} [body] without one it reads
   * @returns {Promise<{ response?: Response, problem?: string }>} */
  async #ask(path, body) {
    try {
      const Authorization = `Bearer ${await this.#parts.session.token()}`;
      const asked = body && { method: "POST", body: toJson(body) };
      const headers = { Authorization, ...(body && { "Content-Type": "application/json" }) };
      const response = await fetch(`${this.#host}/api/v1/widget/visitor/data${path}`, { ...asked, headers });
      return response.ok ? { response } : { problem: (await response.json()).title || this.#t.internal };
    } catch {
      return { problem: this.#t.offline };
    }
  }
}

const problemLine = () => h("p", { class: "why", role: "alert" });
