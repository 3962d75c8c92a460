/** The files of a message, which are downloaded with a link that is made when one is chosen. */
import { h, icon } from "../dom.js";
import { fill } from "../locales/index.js";
import { PAPER } from "./icons.js";
import { dress } from "./sheet.js";
import { sizeOf } from "./sizes.js";

/** @typedef {import("../views/index.js").Page} Page */
/** @typedef {import("../actions.js").Actions} Actions */

/** The files of a message below its text, once. @param {HTMLElement} bubble @param {import("../store.js").SentFile[]} files
 * @param {Actions} actions @param {Page} page */
export function showFiles(bubble, files, actions, { t, locale, host, announce }) {
  if (bubble.querySelector(".files")) return;
  dress(bubble);
  const rows = files.map(({ id, name, size }) => {
    const label = fill(t.files.download, { name });
    const note = h("small", null, sizeOf(size, locale));
    const get = h(
      "button",
      { type: "button", class: "file", "aria-label": label, title: label, onclick: () => download(id, note) },
      icon(PAPER),
      h("span", { class: "file-text" }, h("bdi", { class: "file-name" }, name), note),
    );
    return h("li", null, get);
  });
  bubble.append(h("ul", { class: "files" }, rows));

  /** @param {string} id @param {HTMLElement} note where it is said that there is nothing to download */
  async function download(id, note) {
    try {
      const headers = { Authorization: `Bearer ${await actions.token()}` };
      const answer = await fetch(`${host}/api/v1/widget/files/${id}`, { headers });
      if (!answer.ok) throw new Error(String(answer.status));
      const link = document.createElement("a");
      link.href = (await answer.json()).url;
      link.rel = "noopener noreferrer";
      link.target = "_blank"; // an attachment opens no page; what refuses it would replace the site's
      link.click();
    } catch {
      note.textContent = t.files.gone;
      note.closest(".file")?.classList.add("failed");
      announce(t.files.gone);
    }
  }
}
