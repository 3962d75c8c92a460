/** A file that the visitor has chosen, beside the text box: on its way to the server, there, or refused. */
import { h, icon, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";
import { fill } from "../locales/index.js";
import { PAPER } from "./icons.js";
import { sizeOf } from "./sizes.js";
import { createUpload } from "./upload.js";

/** @typedef {ReturnType<typeof createChip>} Chip */

/**
 * @param {File} content
 * @param {object} parts
 * @param {Pick<import("../actions.js").Actions, "token">} parts.actions @param {import("../views/index.js").Page} parts.page
 * @param {number} parts.maxBytes
 * @param {(chip: Chip) => boolean} parts.isKept whether it is still wanted @param {(chip: Chip) => void} parts.onRemove
 * @param {() => void} parts.onChange
 */
export function createChip(content, { actions, page, maxBytes, isKept, onRemove, onChange }) {
  const { t, locale, host, announce } = page;
  const words = t.files;
  const bar = h("progress", { max: "1", value: "0", "aria-label": fill(words.uploading, { name: content.name }) });
  const note = h("small", null, sizeOf(content.size, locale));
  const again = h("button", { type: "button", class: "text", hidden: true, onclick: () => start() }, t.retry);
  const remove = iconButton(CLOSE, fill(words.remove, { name: content.name }), { onclick: () => onRemove(chip) });
  const name = h("bdi", { class: "file-name", title: content.name }, content.name);
  const text = h("span", { class: "file-text" }, name, note, bar);
  const upload = createUpload({ host, token: actions.token }, content);
  const chip = {
    el: h("li", { class: "file" }, icon(PAPER), text, again, remove),
    upload,
    /** @type {import("../store.js").SentFile | undefined} */
    file: undefined,
  };

  /** @param {string} why @param {boolean} retryable */
  function fail(why, retryable) {
    chip.el.classList.add("failed");
    note.textContent = why || words.failed;
    bar.hidden = true;
    again.hidden = !retryable;
    announce(`${content.name}: ${note.textContent}`);
  }

  async function start() {
    chip.el.classList.remove("failed");
    note.textContent = sizeOf(content.size, locale);
    bar.hidden = false;
    again.hidden = true;
    onChange();
    if (content.size > maxBytes) return fail(fill(words.tooLarge, { size: sizeOf(maxBytes, locale) }), false);
    const { sent, why, retryable } = await upload.run((done) => (bar.value = done));
    if (!isKept(chip)) return;
    if (sent) {
      chip.file = sent;
      bar.hidden = true;
      note.textContent = sizeOf(sent.size, locale);
      announce(fill(words.ready, { name: sent.name }));
    } else fail(why, retryable);
    onChange();
  }
  queueMicrotask(start);
  return chip;
}
