/** Files: the button and the chips beside the text box, and the files of messages. Loaded where staff allow files, or
 * where a message has some. */
import { h, iconButton } from "../dom.js";
import { fill } from "../locales/index.js";
import { createChip } from "./chip.js";
import { acceptFiles } from "./dropping.js";
import { CLIP } from "./icons.js";
import { dress } from "./sheet.js";

export { showFiles } from "./sent.js";

/** @typedef {import("../store.js").SentFile} SentFile */
/** @typedef {import("./chip.js").Chip} Chip */
/** @typedef {ReturnType<typeof createFiles>} Files */

const ACCEPTED = ["image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"];

/**
 * What of the text box is about files.
 * @param {object} composer
 * @param {HTMLElement} composer.el @param {HTMLElement} composer.field @param {HTMLTextAreaElement} composer.box
 * @param {() => void} composer.draw
 * @param {{ max_bytes: number, per_message: number }} composer.limits
 * @param {import("../actions.js").Actions} actions @param {import("../views/index.js").Page} page
 */
export function createFiles({ el, field, box, draw, limits }, actions, page) {
  const words = page.t.files;
  dress(el);
  const input = h("input", { type: "file", multiple: true, accept: ACCEPTED.join(), tabindex: "-1", hidden: true });
  const button = iconButton(CLIP, words.attach, { class: "icon round attach", onclick: () => input.click() });
  const list = h("ul", { class: "chips", "aria-label": words.list, hidden: true });
  const status = h("p", { class: "length", role: "status" });
  const chips = createChips({ actions, page, limits, list, status, box, draw });
  input.addEventListener("change", () => {
    chips.add(input.files ?? []);
    input.value = "";
  });
  field.prepend(button, input);
  field.before(list, status);
  acceptFiles(/** @type {HTMLElement} */ (el.closest(".panel") ?? el), words.drop, () => !el.hidden, chips.add);
  return chips;
}

/**
 * @param {object} parts
 * @param {import("../actions.js").Actions} parts.actions @param {import("../views/index.js").Page} parts.page
 * @param {{ max_bytes: number, per_message: number }} parts.limits
 * @param {HTMLElement} parts.list @param {HTMLElement} parts.status @param {HTMLTextAreaElement} parts.box
 * @param {() => void} parts.draw
 */
function createChips({ actions, page, limits, list, status, box, draw }) {
  /** @type {Chip[]} */
  let chips = [];

  /** @param {Chip[]} next */
  function replace(next) {
    chips = next;
    redraw();
  }

  function redraw() {
    list.replaceChildren(...chips.map((chip) => chip.el));
    list.hidden = chips.length === 0;
    draw();
  }

  /** @param {Chip} chip */
  function remove(chip) {
    const at = chips.indexOf(chip);
    chip.upload.cancel();
    status.textContent = "";
    replace(chips.filter((one) => one !== chip));
    // The focus stays among the chips, or goes back to the text.
    const next = /** @type {HTMLElement | null | undefined} */ (chips[Math.min(at, chips.length - 1)]?.el.lastChild);
    (next ?? box).focus();
  }

  const isKept = (/** @type {Chip} */ chip) => chips.includes(chip);
  const parts = { actions, page, maxBytes: limits.max_bytes, isKept, onRemove: remove, onChange: redraw };

  return {
    /** @param {Iterable<File>} files */
    add(files) {
      const all = [...files];
      const chosen = all.slice(0, Math.max(0, limits.per_message - chips.length));
      const isTooMany = chosen.length < all.length;
      status.textContent = isTooMany ? fill(page.t.files.tooMany, { count: limits.per_message }) : "";
      replace([...chips, ...chosen.map((file) => createChip(file, parts))]);
      box.focus();
    },
    /** Whether a message could take files along, and whether it has to wait for one. */
    has: () => chips.some(({ file }) => file),
    isBusy: () => chips.some(({ file, el }) => !file && !el.classList.contains("failed")),
    /** The files for a message, which are gone from here then. @returns {SentFile[]} */
    take() {
      const files = chips.flatMap(({ file }) => file ?? []);
      replace([]);
      return files;
    },
    /** Another conversation: what was uploaded belongs to the one before. */
    clear() {
      for (const chip of chips) chip.upload.cancel();
      replace([]);
    },
  };
}
