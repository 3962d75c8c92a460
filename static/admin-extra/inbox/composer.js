// The box in which staff write: replies with canned ones behind /, notes, and drafts that stay until they are sent.

import { createCanned } from "./canned.js";
import { button, h } from "./dom.js";
import { draftOf, keepDraft } from "./drafts.js";
import { createAttachments } from "./files.js";
import { createLength } from "./length.js";

const TYPING_MS = 3_000;
const MODES = {
  reply: {
    label: "Reply",
    send: "Send",
    hint: "Enter sends, Shift+Enter starts a new line, / finds canned replies.",
  },
  note: { label: "Note for the team", send: "Add note", hint: "Only your team sees notes." },
};

export class Composer {
  #mode = "reply";
  #sending = false;
  #id = "";
  #typedAt = 0;
  #onSend;
  #onTyping;
  #box = h("textarea", { className: "iw-input", rows: 3, dir: "auto", "aria-label": "Reply" });
  #warning = h("div", { className: "iw-inbox-warning", role: "alert", hidden: true });
  #length = createLength(this.#box);
  #hint = h("small", { className: "iw-hint" });
  #sendButton = button("Send", () => this.send(), { className: "iw-button iw-primary" });
  #tabs = Object.entries(MODES).map(([name, { label }]) =>
    h("button", { type: "button", role: "tab", "data-mode": name, onclick: () => this.#switchTo(name) }, label),
  );
  #canned = createCanned(this.#box, () => this.#keep());
  #files = createAttachments(this.#box, () => this.#drawSendButton());

  el = h(
    "div",
    { className: "iw-inbox-composer" },
    this.#warning,
    h("div", { className: "iw-inbox-modes", role: "tablist", "aria-label": "What to write" }, this.#tabs),
    h("div", { className: "iw-inbox-box" }, this.#canned.el, this.#box),
    this.#length.el,
    this.#files.list,
    this.#files.input,
    h("div", { className: "iw-inbox-send" }, this.#hint, this.#files.add, this.#sendButton),
  );

  /** `onSend(mode, text, files, id)` answers whether it was sent; `onTyping()` is called while a reply is typed. */
  constructor({ onSend, onTyping }) {
    this.#onSend = onSend;
    this.#onTyping = onTyping;
    this.#box.addEventListener("input", () => this.#typed());
    this.#box.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Another conversation is open, or none that this person may write in; `names` stand in its canned replies. */
  open(id, names) {
    this.#canned.open(names);
    if (id === this.#id) return;
    this.#id = id;
    this.#files.open(id);
    this.warn("");
    this.#switchTo("reply");
  }

  focus(mode) {
    if (mode !== this.#mode) this.#switchTo(mode);
    this.#box.focus();
  }

  warn(...content) {
    this.#warning.replaceChildren(...content);
    this.#warning.hidden = !content.some(Boolean);
  }

  async send() {
    const [id, mode] = [this.#id, this.#mode];
    const text = this.#box.value.trim();
    const ids = mode === "reply" ? this.#files.ids() : [];
    if ((!text && !ids.length) || this.#sendButton.disabled) return;
    this.#sending = true;
    this.#drawSendButton();
    this.#setText(id, mode, ""); // before the answer: what is typed until then belongs to the next message
    const files = mode === "reply" ? this.#files.take() : [];
    const sent = await this.#onSend(mode, text, ids, id);
    this.#sending = false;
    this.#drawSendButton();
    if (sent) return this.warn("");
    this.#setText(id, mode, [text, draftOf(id, mode)].filter(Boolean).join("\n"));
    this.#files.giveBack(id, files);
  }

  /** Sets the draft, and what the box shows where that draft is in it. */
  #setText(id, mode, text) {
    keepDraft(id, mode, text);
    if (id !== this.#id || mode !== this.#mode) return;
    this.#box.value = text;
    this.#drawSendButton();
  }

  #switchTo(mode) {
    this.#mode = mode;
    const isNote = mode === "note";
    const { label, send, hint } = MODES[mode];
    for (const tab of this.#tabs) tab.setAttribute("aria-selected", String(tab.dataset.mode === mode));
    this.el.classList.toggle("iw-writes-note", isNote);
    this.#files.add.hidden = isNote;
    this.#files.list.hidden = isNote || !this.#files.list.firstChild;
    this.#box.setAttribute("aria-label", label);
    this.#sendButton.textContent = send;
    this.#hint.textContent = hint;
    this.#box.value = draftOf(this.#id, mode);
    this.#canned.offer(!isNote);
    this.#drawSendButton();
  }

  #drawSendButton() {
    const isTooLong = this.#length.excess(this.#mode) > 0;
    this.#sendButton.disabled = this.#sending || this.#files.isBusy() || isTooLong;
  }

  #keep() {
    keepDraft(this.#id, this.#mode, this.#box.value);
    this.#drawSendButton();
  }

  #typed() {
    const isReply = this.#mode === "reply";
    this.#keep();
    this.#canned.offer(isReply);
    if (!isReply || !this.#box.value || Date.now() - this.#typedAt < TYPING_MS) return;
    this.#typedAt = Date.now();
    this.#onTyping();
  }

  #press(event) {
    if (event.isComposing || this.#canned.press(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape") this.#box.blur();
  }
}
