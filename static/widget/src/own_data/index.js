/** What is stored about a visitor: what that covers, the download, and erasing it. Loaded when a visitor asks for it. */
import { h, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";
import { toJson } from "../json.js";
import { fill } from "../locales/index.js";
import { WORDS } from "../locales/own_data.js";

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
  if (panel) await createOwnData(parts, page, sheets, sheets.sheetOf(panel, parts, page)).open();
}

/** @param {Parts} parts @param {Page} page @param {typeof import("../ending/index.js")} sheets @param {Sheet} sheet */
function createOwnData(parts, { t, locale, host }, { title, button, thank }, sheet) {
  const { store, session } = parts;
  const words = WORDS[locale.slice(0, 2).toLowerCase()] ?? WORDS.en;
  const { id } = store.get().conversation ?? {};
  const isOver = () => store.get().conversation?.id !== id;
  const heading = (/** @type {string} */ text) =>
    h("div", { class: "thanks" }, title(text), iconButton(CLOSE, t.dismiss, { onclick: sheet.close }));
  const problemLine = () => h("p", { class: "why", role: "alert" });

  /** The response, or the sentence that says why there is none. @param {string} path @param {object} [body] without one it reads
   * @returns {Promise<{ response?: Response, problem?: string }>} */
  async function ask(path, body) {
    try {
      const Authorization = `Bearer ${await session.token()}`;
      const asked = body && { method: "POST", body: toJson(body) };
      const headers = { Authorization, ...(body && { "Content-Type": "application/json" }) };
      const response = await fetch(`${host}/api/v1/widget/visitor/data${path}`, { ...asked, headers });
      return response.ok ? { response } : { problem: (await response.json()).title || t.internal };
    } catch {
      return { problem: t.offline };
    }
  }

  /** Runs `act` on a click, once at a time. @param {string} label @param {() => Promise<void>} act @param {string} [look] */
  function doing(label, act, look) {
    const one = button(
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

  async function open() {
    const { response, problem } = await ask("");
    const why = problemLine();
    if (!response) {
      sheet.fill(isOver, [heading(t.yourData), why]);
      return void (why.textContent = problem ?? t.internal);
    }
    /** @type {Coverage} */
    const found = await response.json();
    const download = doing(words.download, () => save(why));
    sheet.fill(
      isOver,
      [
        heading(t.yourData),
        h("p", { dir: "auto" }, fill(words[found.covers] ?? words.browser, { email: found.email ?? "" })),
        h("p", null, fill(words.counts, { ...found })),
        why,
        h(
          "div",
          { class: "buttons" },
          download,
          button(words.erase, () => askWhether(found), "plain"),
        ),
      ],
      download,
    );
  }

  /** @param {HTMLElement} why */
  async function save(why) {
    const { response, problem } = await ask("/export", {});
    why.textContent = problem ?? "";
    if (!response) return;
    const url = URL.createObjectURL(await response.blob());
    h("a", { href: url, download: "visitor.zip" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000); // once the browser has taken it
    thank(sheet, isOver, words.begun, t.dismiss);
  }

  /** @param {Coverage} found */
  function askWhether({ appointments }) {
    const why = problemLine();
    const keep = button(words.keep, sheet.close, "plain");
    const cancels = appointments ? [h("p", null, fill(words.cancels, { appointments }))] : [];
    const buttons = h(
      "div",
      { class: "buttons" },
      doing(words.sure, () => erase(why), "danger"),
      keep,
    );
    sheet.fill(isOver, [title(words.ask), h("p", null, words.askHint), ...cancels, why, buttons], keep);
  }

  /** @param {HTMLElement} why */
  async function erase(why) {
    const { transport, storage } = parts;
    transport.close(); // or it would ask for a new session as soon as the server ends this one
    const { problem } = await ask("/erase", { confirm: true });
    if (problem !== undefined) {
      why.textContent = problem;
      return transport.restart();
    }
    storage.clear();
    thank(sheet, () => store.get().items.length > 0, words.erased, t.dismiss);
    store.dispatch({ type: "conversation.left" });
    store.dispatch({ type: "connection.changed", connection: "idle" });
  }

  return { open };
}
