/** Files: the button and the chips beside the text box, and the files of messages. Loaded where staff allow files, or
 * where a message has some. */
import { h, icon, iconButton } from "../dom.js";
import { CLOSE } from "../icons.js";
import { fill } from "../locales/index.js";
import css from "./files.css";
import { sizeOf } from "./sizes.js";
import { createUpload } from "./upload.js";

/** @typedef {import("../store.js").SentFile} SentFile */
/** @typedef {import("../views/index.js").Page} Page */
/** @typedef {import("../actions.js").Actions} Actions */
/** @typedef {{ el: HTMLElement, upload: ReturnType<typeof createUpload>, file?: SentFile }} Chip */
/** @typedef {ReturnType<typeof createFiles>} Files */

const CLIP = "M20.5 11.5 12 20a5.5 5.5 0 0 1-8-8l8.5-8.5a3.7 3.7 0 0 1 5.3 5.3L9.5 17a1.8 1.8 0 0 1-2.6-2.6L14.5 7";
const PAPER = "M6 3h8l4.5 4.5V21H6zM14 3v5h4.5";
const ACCEPTED = ["image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"];

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** Once per page: its stylesheet. @param {HTMLElement} el */
function dress(el) {
  const root = /** @type {ShadowRoot} */ (el.getRootNode());
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
  if (root.adoptedStyleSheets && !root.adoptedStyleSheets.includes(sheet))
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/**
 * What of the text box is about files.
 * @param {object} composer
 * @param {HTMLElement} composer.el @param {HTMLElement} composer.field @param {HTMLTextAreaElement} composer.box
 * @param {() => void} composer.draw
 * @param {{ max_bytes: number, per_message: number }} composer.limits
 * @param {Actions} actions @param {Page} page
 */
export function createFiles({ el, field, box, draw, limits }, actions, { t, locale, host, announce }) {
  const words = t.files;
  dress(el);
  /** @type {Chip[]} */
  let chips = [];
  const input = h("input", { type: "file", multiple: true, accept: ACCEPTED.join(), tabindex: "-1", hidden: true });
  const button = iconButton(CLIP, words.attach, { class: "icon round attach", onclick: () => input.click() });
  const list = h("ul", { class: "chips", "aria-label": words.list, hidden: true });
  const status = h("p", { class: "length", role: "status" });
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  field.prepend(button, input);
  field.before(list, status);
  const panel = /** @type {HTMLElement} */ (el.closest(".panel") ?? el);
  const drop = h("p", { class: "drop", hidden: true, "aria-hidden": "true" }, words.drop);
  panel.append(drop);

  /** @param {FileList | null | undefined} files */
  function add(files) {
    status.textContent = "";
    for (const file of files ?? []) {
      if (chips.length >= limits.per_message) {
        status.textContent = fill(words.tooMany, { count: limits.per_message });
        break;
      }
      chips.push(createChip(file));
    }
    redraw();
    box.focus();
  }

  /** @param {File} file @returns {Chip} */
  function createChip(file) {
    const bar = h("progress", { max: "1", value: "0", "aria-label": fill(words.uploading, { name: file.name }) });
    const note = h("small", null, sizeOf(file.size, locale));
    const again = h("button", { type: "button", class: "text", hidden: true, onclick: () => start() }, t.retry);
    const remove = iconButton(CLOSE, fill(words.remove, { name: file.name }), { onclick: () => discard(chip) });
    const name = h("bdi", { class: "file-name", title: file.name }, file.name);
    const text = h("span", { class: "file-text" }, name, note, bar);
    const upload = createUpload({ host, token: actions.token }, file);
    /** @type {Chip} */
    const chip = { el: h("li", { class: "file" }, icon(PAPER), text, again, remove), upload };

    /** @param {string} why @param {boolean} retryable */
    function fail(why, retryable) {
      chip.el.classList.add("failed");
      note.textContent = why || words.failed;
      bar.hidden = true;
      again.hidden = !retryable;
      announce(`${file.name}: ${note.textContent}`);
    }

    async function start() {
      chip.el.classList.remove("failed");
      note.textContent = sizeOf(file.size, locale);
      bar.hidden = false;
      again.hidden = true;
      redraw();
      if (file.size > limits.max_bytes)
        return fail(fill(words.tooLarge, { size: sizeOf(limits.max_bytes, locale) }), false);
      const { sent, why, retryable } = await upload.run((done) => (bar.value = done));
      if (!chips.includes(chip)) return;
      if (sent) {
        chip.file = sent;
        bar.hidden = true;
        note.textContent = sizeOf(sent.size, locale);
        announce(fill(words.ready, { name: sent.name }));
      } else fail(why, retryable);
      redraw();
    }
    queueMicrotask(start);
    return chip;
  }

  /** @param {Chip} chip */
  function discard(chip) {
    const at = chips.indexOf(chip);
    chips = chips.filter((one) => one !== chip);
    chip.upload.cancel();
    status.textContent = "";
    redraw();
    // The focus stays among the chips, or goes back to the text.
    const next = /** @type {HTMLElement | null | undefined} */ (chips[Math.min(at, chips.length - 1)]?.el.lastChild);
    (next ?? box).focus();
  }

  function redraw() {
    list.replaceChildren(...chips.map((chip) => chip.el));
    list.hidden = chips.length === 0;
    draw();
  }

  const offered = (/** @type {DataTransfer | null} */ data) => Boolean(data?.types.includes("Files")) && !el.hidden;
  let inside = 0;
  /** @type {Record<string, (event: any) => void>} */
  const listeners = {
    paste(event) {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      add(event.clipboardData.files);
    },
    dragenter(event) {
      if (offered(event.dataTransfer)) drop.hidden = ++inside === 0;
    },
    dragover: (event) => offered(event.dataTransfer) && event.preventDefault(),
    dragleave(event) {
      if (offered(event.dataTransfer)) drop.hidden = --inside <= 0;
    },
    drop(event) {
      inside = 0;
      drop.hidden = true;
      if (!offered(event.dataTransfer)) return;
      event.preventDefault();
      add(event.dataTransfer.files);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) panel.addEventListener(name, listener);

  return {
    /** Whether a message could take files along, and whether it has to wait for one. */
    has: () => chips.some(({ file }) => file),
    isBusy: () => chips.some(({ file, el }) => !file && !el.classList.contains("failed")),
    /** The files for a message, which are gone from here then. @returns {SentFile[]} */
    take() {
      const files = chips.flatMap(({ file }) => file ?? []);
      chips = [];
      redraw();
      return files;
    },
    /** Another conversation: what was uploaded belongs to the one before. */
    clear() {
      for (const chip of chips) chip.upload.cancel();
      chips = [];
      redraw();
    },
  };
}

/** The files of a message below its text, once. @param {HTMLElement} bubble @param {SentFile[]} files
 * @param {Actions} actions @param {Page} page */
export function showFiles(bubble, files, actions, { t, locale, host, announce }) {
  if (bubble.querySelector(".files")) return;
  dress(bubble);
  const rows = files.map(({ id, name, size }) => {
    const label = fill(t.files.download, { name });
    const get = h(
      "button",
      { type: "button", class: "file", "aria-label": label, title: label, onclick: () => download(id) },
      icon(PAPER),
      h("span", { class: "file-text" }, h("bdi", { class: "file-name" }, name), h("small", null, sizeOf(size, locale))),
    );
    return h("li", null, get);
  });
  bubble.append(h("ul", { class: "files" }, rows));

  /** @param {string} id */
  async function download(id) {
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
      announce(t.files.gone);
    }
  }
}
